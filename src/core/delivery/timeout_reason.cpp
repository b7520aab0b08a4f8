#include "core/delivery/timeout_reason.hpp"

namespace sluice {

namespace {

// In the largest unit that needs no fraction.
std::string in_words(std::chrono::milliseconds limit) {
  const auto n = limit.count();
  if (n == 0 || n % 1'000 != 0)
    return std::to_string(n) + " ms";
  return n % 60'000 != 0 ? std::to_string(n / 1'000) + " s" : std::to_string(n / 60'000) + " min";
}

std::string activity(attempt_phase phase) {
  switch (phase) {
  case attempt_phase::resolve:
    return "resolving ";
  case attempt_phase::connect:
    return "connecting to ";
  case attempt_phase::proxy_handshake:
    return "the TLS handshake with the proxy";
  case attempt_phase::tunnel:
    return "opening a tunnel through the proxy";
  case attempt_phase::handshake:
    return "the TLS handshake";
  case attempt_phase::send:
    return "sending";
  case attempt_phase::answer:
    return "waiting for an answer";
  }
  return {};
}

} // namespace

std::string timeout_reason(const attempt_wait& w) {
  const bool names_peer = w.phase == attempt_phase::resolve || w.phase == attempt_phase::connect;
  const auto what = activity(w.phase) + (names_peer ? w.peer : "");
  const auto behind = names_peer ? "" : " (" + w.peer + ")";
  const auto limit = in_words(w.limit);
  if (w.is_of_attempt)
    return "the attempt took longer than " + limit + "; its last step was " + what + behind;
  if (w.phase == attempt_phase::answer)
    return "no answer within " + limit + behind;
  return what + " took longer than " + limit + behind;
}

} // namespace sluice
