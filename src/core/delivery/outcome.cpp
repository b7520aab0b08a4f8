#include "core/delivery/outcome.hpp"

#include <string>

namespace sluice {

namespace {

const char* name_of(transport_failure f) {
  switch (f) {
  case transport_failure::none:
    return "no status";
  case transport_failure::resolve:
    return "host not found";
  case transport_failure::connect:
    return "cannot connect";
  case transport_failure::proxy:
    return "proxy failed";
  case transport_failure::tls:
    return "TLS failed";
  case transport_failure::send:
    return "cannot send";
  case transport_failure::receive:
    return "no response";
  case transport_failure::not_json:
    return "not JSON";
  case transport_failure::timeout:
    return "timed out";
  case transport_failure::cancelled:
    return "cancelled";
  }
  return "failed";
}

outcome of_status(int status, std::uint32_t events) {
  switch (status) {
  case 408:
  case 410:
  case 425:
  case 460:
    return outcome::retryable;
  case 429:
    return outcome::throttled;
  case 502:
  case 503:
  case 504:
    return outcome::unreachable;
  case 400:
  case 413:
    return events > 1 ? outcome::splittable : outcome::permanent;
  case 401:
  case 403:
  case 404:
  case 405:
  case 407:
  case 415:
  case 501:
  case 505:
    return outcome::misconfigured;
  default:
    break;
  }
  if (status >= 200 && status < 300)
    return outcome::delivered;
  if (status >= 300 && status < 400)
    return outcome::misconfigured;
  if (status >= 400 && status < 500)
    return outcome::permanent;
  // 5xx, and what is no HTTP status at all: the destination is unavailable.
  return outcome::retryable;
}

} // namespace

classification classify(const delivery_response& r, std::uint32_t events) {
  const auto with_detail = [&r](std::string words) { return r.detail.empty() ? words : words + ": " + r.detail; };
  if (r.failure == transport_failure::cancelled)
    return {outcome::cancelled, {0, with_detail(name_of(r.failure))}};
  if (r.failure == transport_failure::not_json)
    return {outcome::misconfigured, {r.status, with_detail("HTTP " + std::to_string(r.status))}};
  if (r.failure != transport_failure::none || r.status == 0)
    return {outcome::unreachable, {0, with_detail(name_of(r.failure))}};
  return {of_status(r.status, events), {r.status, with_detail("HTTP " + std::to_string(r.status))}};
}

} // namespace sluice
