#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace sluice {

/// When a connection is closed, seen from the reply.
enum class fault_cut : std::uint8_t {
  none,
  before, ///< without a word, and the events are not taken
  inside, ///< in the middle of the reply
  after   ///< the events are taken, but there is no reply to say so
};

/// What a sink does about a request that keeps the contract. By default: it takes the events and says so.
struct fault {
  /// 200 to 599. Says whether the events are taken, also if the client never gets to see it.
  int status = 200;
  /// Added to the reply, or instead of those of the same name.
  std::vector<std::pair<std::string, std::string>> headers{};
  /// Passes between the request and whatever is done about it; the events are taken before.
  std::chrono::milliseconds latency{0};
  fault_cut cut = fault_cut::none;
  /// If not 0, the body goes out a byte at a time, with this in between.
  std::chrono::milliseconds slow_body{0};
  /// Bytes that are no HTTP instead of the reply.
  bool garbage = false;
  /// The body is filled up to this size.
  std::size_t body_bytes = 0;

  bool takes_events() const noexcept { return status / 100 == 2 && cut != fault_cut::before; }
};

/// Which requests a rule is about: those for which all of it holds. By default: every one.
struct fault_selector {
  /// The numbers of the first request and the last, from 1.
  std::uint64_t first = 1;
  std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  /// The part of these requests, 0 to 1.
  double rate = 1;
  /// From `after` on and before `until`, since the start.
  std::chrono::milliseconds after{0};
  std::chrono::milliseconds until = std::chrono::milliseconds::max();
};

struct fault_rule {
  fault_selector when{};
  fault effect{};
  /// It is about TLS connections instead, numbered like requests, and closes them in the handshake.
  bool cuts_handshake = false;
};

/// Decides what happens to requests. Of the rules, the first that matches does. Whether the rate of a rule is met
/// depends on the seed, the place of the rule and the number of the request alone: the same requests have the same
/// faults, whatever else is going on. Pure; may be used by any thread.
class fault_script {
public:
  fault_script(std::vector<fault_rule> rules, std::uint64_t seed) : rules_{std::move(rules)}, seed_{seed} {}

  /// What to do about a request, by its number from 1 and the time since the start.
  fault on_request(std::uint64_t number, std::chrono::milliseconds since_start) const;
  /// Whether to close a TLS connection in the handshake.
  bool cuts_handshake(std::uint64_t number, std::chrono::milliseconds since_start) const;

private:
  const fault_rule* match(bool handshake, std::uint64_t number, std::chrono::milliseconds since_start) const;

  std::vector<fault_rule> rules_;
  std::uint64_t seed_;
};

} // namespace sluice
