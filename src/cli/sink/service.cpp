#include "cli/sink/service.hpp"

#include <memory>
#include <utility>

namespace sluice {

namespace {

// Sends so many bytes of a reply from a place on, and the rest byte by byte.
void send_from(std::size_t place, std::size_t bytes, const std::shared_ptr<const sink_reply>& r, const responder& to) {
  const auto end = place + bytes;
  const bool is_last = end == r->bytes.size();
  const auto next = !is_last ? what_follows::more : r->close ? what_follows::close : what_follows::next_request;
  if (to.write(r->bytes.substr(place, bytes), next) && !is_last)
    to.call_after(r->byte_every, [=] { send_from(end, 1, r, to); });
}

} // namespace

void sink_service::take(const request_head& head, std::string body, responder to) {
  const auto r = std::make_shared<const sink_reply>(endpoint_.take(head, std::move(body), since_start()));
  const auto begin = [r, to] { send_from(0, r->at_once, r, to); };
  if (r->latency.count() > 0)
    to.call_after(r->latency, begin);
  else
    begin();
}

std::chrono::milliseconds sink_service::since_start() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_);
}

} // namespace sluice
