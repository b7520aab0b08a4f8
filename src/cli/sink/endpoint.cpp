#include "cli/sink/endpoint.hpp"

#include "core/event/json_writer.hpp"

namespace sluice {

namespace {

std::string error_body(const std::string& why) {
  std::string body = "{\"error\":";
  json_writer{body}.string(why, "");
  return body + "}";
}

} // namespace

sink_reply sink_endpoint::take(const request_head& r, std::string body, std::chrono::milliseconds since_start) {
  const auto number = tally_.add_request();
  const auto ids = check_contract(r, std::move(body));
  if (!ids) {
    tally_.add_broken();
    const int status = ids.error().code == errc::too_large ? 413 : 400;
    return make_reply({.status = status}, error_body(ids.error().field + ": " + ids.error().message), r.keep_alive);
  }
  const auto fault = faults_.on_request(number, since_start);
  if (!fault.takes_events()) {
    tally_.add_failed();
    return make_reply(fault, error_body("a rule of the sink makes this request fail"), r.keep_alive);
  }
  if (!record_.append(*ids, r.idempotency_key))
    return make_reply({.status = 500}, error_body("the record cannot be written"), r.keep_alive);
  tally_.add_events(*ids);
  return make_reply(fault, "{}", r.keep_alive);
}

bool sink_endpoint::cuts_handshake(std::chrono::milliseconds since_start) {
  return faults_.cuts_handshake(++handshakes_, since_start);
}

} // namespace sluice
