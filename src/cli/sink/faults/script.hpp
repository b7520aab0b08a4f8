#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace sluice {

/// When the connection is closed.
enum class fault_cut : std::uint8_t {
  none,
  before, ///< before the reply; the events are not accepted
  inside, ///< after half of the reply
  after   ///< before the reply; the events are accepted
};

/// What a sink does with a valid request. Default: it accepts the events and answers with 200.
struct fault {
  /// 200 to 599. Events are accepted with a 2xx, whether or not the client receives it.
  int status = 200;
  /// Headers to add to the reply. They replace those of the same name.
  std::vector<std::pair<std::string, std::string>> headers{};
  /// How long to wait before the reply. The events are accepted before the wait.
  std::chrono::milliseconds latency{0};
  fault_cut cut = fault_cut::none;
  /// If not 0, the body is sent byte by byte, one every `slow_body`.
  std::chrono::milliseconds slow_body{0};
  /// Whether bytes that are not HTTP replace the reply.
  bool garbage = false;
  /// The size that spaces fill the body up to.
  std::size_t body_bytes = 0;

  bool takes_events() const noexcept { return status / 100 == 2 && cut != fault_cut::before; }
};

/// Selects the requests for which every condition holds. Default: all requests.
struct fault_selector {
  /// The numbers of the first and the last request, from 1.
  std::uint64_t first = 1;
  std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  /// The fraction of these requests, 0 to 1.
  double rate = 1;
  /// From `after` until `until`, since the start.
  std::chrono::milliseconds after{0};
  std::chrono::milliseconds until = std::chrono::milliseconds::max();
};

struct fault_rule {
  fault_selector when{};
  fault effect{};
  /// Whether the rule selects TLS connections, numbered like requests, and closes them in the handshake.
  bool cuts_handshake = false;
};

/// Decides what happens to requests: the first rule that matches applies. The rate of a rule depends only on the seed,
/// the place of the rule and the number of the request, so the same requests always have the same faults. Pure; any
/// thread may use it.
class fault_script {
public:
  fault_script(std::vector<fault_rule> rules, std::uint64_t seed) : rules_{std::move(rules)}, seed_{seed} {}

  /// Returns the fault for a request, by its number from 1 and the time since the start.
  fault on_request(std::uint64_t number, std::chrono::milliseconds since_start) const;
  /// Returns whether to close a TLS connection in the handshake.
  bool cuts_handshake(std::uint64_t number, std::chrono::milliseconds since_start) const;

private:
  const fault_rule* match(bool handshake, std::uint64_t number, std::chrono::milliseconds since_start) const;

  std::vector<fault_rule> rules_;
  std::uint64_t seed_;
};

} // namespace sluice
