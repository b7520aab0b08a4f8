#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/options.hpp"
#include "sluice/transport.hpp"

namespace sluice::test {

/// The destination, in memory: what arrived, and what is answered. Shared by every transport that is made for it, so
/// that it outlives a dispatcher's restart. For one thread.
struct fake_endpoint {
  struct arrival {
    std::string batch_id;
    std::vector<std::string> message_ids;
    std::string sent_at;
  };

  /// Answers a request; nothing: the request is left open, see `answer_open`.
  std::function<std::optional<delivery_response>(const arrival&)> answer = [](const arrival&) {
    return delivery_response{.status = 200};
  };
  /// Called when a transport is made.
  std::function<void(const options&)> on_transport = [](const options&) {};
  std::vector<arrival> arrivals;
  /// Message ids of what was answered with a 2xx.
  std::vector<std::string> delivered;
  std::size_t most_open = 0;

  /// Answers everything that was left open.
  void answer_open(const delivery_response&);
  std::size_t open() const noexcept { return open_.size(); }

  transport_factory factory();

private:
  friend class fake_transport;
  struct open_request {
    arrival what;
    std::function<void(delivery_response)> done;
    const void* owner;
  };
  void take(const void* owner, const delivery_request&, std::function<void(delivery_response)>);
  void cancel(const void* owner);
  std::deque<open_request> open_;
};

} // namespace sluice::test
