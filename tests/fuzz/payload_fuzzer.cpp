// Payloads: what a store gives back, which may be damaged, and what was sealed, which must come out as it went in.
#include <string>

#include "core/wire/event_chunk.hpp"
#include "core/wire/payload.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

using namespace sluice;

namespace {

constexpr std::chrono::system_clock::time_point sealed_at{std::chrono::hours{480'000}},
    sent_at{std::chrono::hours{490'000}};

std::string body_of(const std::string& payload) {
  const auto attempt = attempt_of(payload, sent_at);
  require(attempt.has_value(), "what was sealed can be sent");
  const auto body = open_payload(attempt->head + std::string{attempt->middle} + attempt->tail);
  require(body.has_value(), "what is sent can be opened");
  return *body;
}

// What is between the list's brackets.
std::string events_in(const std::string& body) {
  return body.substr(body_overhead - 2, body.size() - body_overhead);
}

void check_sealed(std::string_view events, bool gzip) {
  static payload_sealer sealer;
  const auto payload = sealer.seal(events, gzip, sealed_at);
  const auto body = open_payload(*payload);
  require(body && body->size() == body_overhead + events.size(), "a body has its overhead and its events");
  require(events_in(*body) == events, "a payload has the events that were sealed");
  require(body_of(*payload) == *open_payload(*sealer.seal(events, gzip, sent_at)), "an attempt changes only the dates");
  const auto list = events_of(*body);
  require(list.has_value(), "the events of a body are found");
  if (list->size() < 2)
    return;
  const auto halves = split_payload(*payload, list->size() / 2, sealer, sealed_at);
  require(halves.has_value(), "a payload of two events can be split");
  require(events_in(*open_payload(*halves->first)) + std::string{event_separator} +
                  events_in(*open_payload(*halves->second)) ==
              events.substr(0, events.size() - (events.ends_with(event_separator) ? event_separator.size() : 0)),
          "the halves have all events");
}

void check_stored(const std::string& payload) {
  static payload_sealer sealer;
  (void)attempt_of(payload, sent_at);
  (void)split_payload(payload, 1, sealer, sealed_at);
  const auto body = open_payload(payload);
  const auto ids = message_ids_of(payload);
  if (!ids)
    return;
  require(body.has_value(), "ids are read from a payload that can be opened");
  require(ids->size() == events_of(*body)->size(), "each event has an id");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = text_of(data, size);
  check_stored(std::string{bytes});
  check_sealed(bytes, false);
  check_sealed(bytes, true);
  return 0;
}
