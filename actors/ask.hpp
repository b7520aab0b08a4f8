#pragma once

#include <utility>

#include "sluice/actors.hpp"

namespace sluice {

/// Sends a request from outside of any actor, and waits for its answer: the system answers at its own deadline. Errors:
/// `closed` if the actor is gone.
template <class Answer, class Handle, class Question>
result<Answer> ask(const Handle& whom, Question question) {
  caf::scoped_actor self{whom.home_system()};
  result<Answer> answer = error{errc::closed, "", "the system has stopped"};
  compat::request(self, whom, caf::infinite, std::move(question))
      .receive([&](Answer& a) { answer = std::move(a); }, [](caf::error&) {});
  return answer;
}

} // namespace sluice
