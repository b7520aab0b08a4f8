#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace sluice::test {

/// A TCP proxy on a free port of 127.0.0.1, in front of another port of it, that breaks things on purpose. A setting
/// holds for every byte it meets after the call has come back; one that counts replaces what is left of the earlier
/// count. A request is what the client sends at once, an answer what the target sends until the client's next bytes.
class fault_proxy {
public:
  explicit fault_proxy(std::uint16_t target_port);
  ~fault_proxy();
  fault_proxy(const fault_proxy&) = delete;
  fault_proxy& operator=(const fault_proxy&) = delete;

  std::uint16_t port() const;

  /// The next `n` requests reach the target whole, but at the first byte of the answer the client is cut off instead:
  /// it never hears what has been done.
  void cut_after_request(int n = 1);
  /// The next `n` requests do not reach the target; the client is cut off.
  void cut_before_request(int n = 1);
  /// While on, answers are held back and the connections stay open; afterwards they go on to the clients.
  void stall(bool on);
  /// While on, whatever arrives is lost, and new connections lead nowhere. A connection that has lost something, or is
  /// new, stays silent for good, as it would behind a gateway that has forgotten it; others are as before afterwards.
  void half_open(bool on);
  /// The next `n` answers are bytes that are no RESP instead.
  void garbage(int n = 1);
  /// Only the first `bytes` bytes of the next answer reach the client, then it is cut off. An answer that is shorter
  /// passes, and those after it count for the rest.
  void cut_in_reply(std::size_t bytes);
  /// While on, connections are closed, those there are and those that come.
  void refuse(bool on);

  /// How many connections it has accepted, refused ones too.
  std::size_t connections() const;
  /// How often something really went wrong: for `stall` and `half_open`, once for each connection that noticed.
  std::size_t faults() const;

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace sluice::test
