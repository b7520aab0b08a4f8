#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/event/batch_reader.hpp"
#include "core/event/encode.hpp"
#include "core/event/event_reader.hpp"
#include "core/intake/intake.hpp"
#include "server/service.hpp"

namespace sluice {

/// An event of a request that was not taken.
struct invalid_event {
  std::size_t index = 0;
  error why{};
};

/// The events of a request that were not taken: how many, and the first `most_said` of them.
struct invalid_events {
  static constexpr std::size_t most_said = 100;

  std::size_t count = 0;
  std::vector<invalid_event> first{};
};

/// The events of a request, encoded and ready to be admitted, and what is wrong with the others.
struct events_of_request {
  event_chunk valid{};
  invalid_events invalid{};
  /// How many are of users who are kept out. That is not the client's fault, and nothing to try again.
  std::size_t blocked = 0;
};

/// Reads the events of requests. For use by one thread.
class event_request_reader {
public:
  /// `into` gives the bounds of an event and the partition of its user, and counts what is invalid.
  explicit event_request_reader(intake& into) : intake_{into} {}

  /// Reads a batch, or with a `type` one event of it. An error means that the body as a whole is wrong.
  result<events_of_request> read(std::string body, std::string_view type, std::chrono::system_clock::time_point now);

private:
  void add(events_of_request& to, std::string_view text, std::chrono::system_clock::time_point now);

  intake& intake_;
  batch_reader batches_;
  event_reader events_;
  uuid_source ids_;
  std::string encoded_;
};

/// Returns the answer to a request of which so many events are stored, and the others are invalid.
reply stored_reply(std::size_t stored, const invalid_events&);
/// Returns the answer to a request of which no event is known to be stored. `try_again_after`: where the client is to
/// try again, how long it should wait.
reply failed_reply(const error& why, std::chrono::seconds try_again_after = std::chrono::seconds{1});

} // namespace sluice
