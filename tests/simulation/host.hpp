#pragma once

#include <functional>
#include <set>
#include <string>

#include "sluice/actors.hpp"
#include "sluice/send.hpp"

namespace sluice::test {

/// Done by the host actor, in its own time.
struct errand {
  std::function<void(caf::event_based_actor*)> run{};
};

} // namespace sluice::test

CAF_BEGIN_TYPE_ID_BLOCK(sluice_simulation, caf::first_custom_type_id)
SLUICE_LOCAL_TYPE(sluice_simulation, sluice::test::errand)
CAF_END_TYPE_ID_BLOCK(sluice_simulation)

namespace sluice::test {

/// What the host's actor has seen.
struct host_notes {
  std::uint64_t asked = 0;
  std::uint64_t answered = 0;
  /// Message ids that were reported as stored.
  std::set<std::string> stored{};
  /// The system has ended.
  bool ended = false;
};

/// The actor of an application: it subscribes, sends requests, and counts their answers.
inline caf::actor spawn_host(caf::actor_system& system, host_notes& notes, bool subscribes,
                             const analytics_actor& supervisor) {
  return system.spawn([&notes, subscribes, supervisor](caf::event_based_actor* self) -> caf::behavior {
    compat::watch(self, supervisor, [&notes](const caf::actor_addr&, const caf::error&) { notes.ended = true; });
    if (subscribes)
      send(self, supervisor, subscribe{caf::actor{self}, true});
    return {[self](const errand& e) { e.run(self); },
            [&notes](const delivery_report& r) {
              if (r.kind == report_kind::stored)
                notes.stored.insert(r.message_ids.begin(), r.message_ids.end());
            },
            [](const backpressure&) {},
            [](const delivery_suspended&) {},
            [](const reports_missed&) {},
            [](const stopped&) {}};
  });
}

/// Asks in the host's name; `on_answer` gets the answer, or null and an error.
template <class Answer, class Handle, class Question>
void ask_as(
    caf::event_based_actor* self, host_notes& notes, const Handle& whom, Question question,
    std::function<void(const Answer*)> on_answer = [](const Answer*) {}) {
  ++notes.asked;
  request(self, whom, caf::infinite, std::move(question))
      .then(
          [&notes, on_answer](const Answer& a) {
            ++notes.answered;
            on_answer(&a);
          },
          [&notes, on_answer](const caf::error&) {
            ++notes.answered;
            on_answer(nullptr);
          });
}

} // namespace sluice::test
