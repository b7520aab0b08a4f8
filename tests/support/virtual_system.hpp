#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/composition.hpp"
#include "actors/handles.hpp"
#include "core/intake/intake.hpp"
#include "fakes/fake_transport.hpp"
#include "sluice/client.hpp"
#include "sluice/config.hpp"
#include "sluice/send.hpp"
#include "support/virtual_scheduler.hpp"

namespace sluice::test {

/// The whole system on one thread under virtual time: nothing happens but in `run` and `advance`.
class virtual_system {
public:
  /// What is not as it is by default.
  struct setting {
    std::unique_ptr<store> queue = nullptr;
    /// Happens before any of our actors has.
    std::function<void(virtual_system&)> first = nullptr;
    /// In the place of the one that leads to `endpoint`.
    transport_factory transport = nullptr;
    /// How long after the first of several processes this one begins.
    std::chrono::milliseconds passed{0};
    /// Of processes on one store each has another.
    std::uint64_t seed = 1;
    /// Which of so many actors that have something to do goes next; the first if there is no such function.
    std::function<std::size_t(std::size_t)> next = nullptr;
  };

  explicit virtual_system(options o = defaults());
  virtual_system(options o, setting s);
  ~virtual_system();
  virtual_system(const virtual_system&) = delete;
  virtual_system& operator=(const virtual_system&) = delete;

  /// Valid options for a fake endpoint.
  static options defaults();

  /// Everything that can happen without time passing.
  void run();
  /// The same, with acknowledgements that wait for something to be stored with.
  void settle();
  /// Time passes, and what it makes due happens when it is due.
  void advance(std::chrono::milliseconds);
  /// Time passes while the process is stopped or waits: what becomes due happens when it goes on. May be called while
  /// something happens.
  void skip(std::chrono::milliseconds);
  /// The wall clock is set; timers do not notice. Below zero: it is set back.
  void step_clock(std::chrono::milliseconds by) { clock_is_off_ += by; }

  caf::actor_system& system() { return scheduler_.system(); }
  virtual_scheduler& scheduler() { return scheduler_; }
  const analytics& running() const { return *running_; }
  sluice::intake& intake() const { return *composition::intake_of(*running_); }
  caf::scoped_actor& self() { return self_; }
  fake_endpoint& endpoint() { return endpoint_; }
  std::vector<std::string>& log() { return log_; }
  /// How many messages the actors have handled in `run` and `advance`.
  std::size_t handled() const noexcept { return handled_; }

  /// Sends `n` track events by message, with ids `prefix0`, `prefix1`, …
  void send_events(int n, const std::string& prefix = "m");

  /// The present actors.
  std::shared_ptr<const peer_table> peers();
  template <class Handle>
  void kill(const Handle& which) {
    caf::anon_send_exit(which, caf::exit_reason::kill);
    run();
  }

  /// A request whose answer has come by the time that `meanwhile` returns.
  template <class Answer, class Handle, class Question, class Meanwhile>
  result<Answer> ask(const Handle& whom, Question question, Meanwhile meanwhile) {
    auto response = request(self_, whom, caf::infinite, std::move(question));
    meanwhile();
    result<Answer> answer = error{errc::closed, "", "no answer"};
    if (!self_->has_next_message())
      return answer;
    std::move(response).receive([&](Answer& a) { answer = std::move(a); },
                                [&](caf::error& e) {
                                  answer = error{static_cast<errc>(e.code()), "", describe(e)};
                                });
    return answer;
  }
  template <class Answer, class Handle, class Question>
  result<Answer> ask(const Handle& whom, Question question) {
    return ask<Answer>(whom, std::move(question), [this] { run(); });
  }

  /// A request that is answered with nothing, or an error.
  template <class Handle, class Question>
  result<void> ask_nothing(const Handle& whom, Question question) {
    auto response = request(self_, whom, caf::infinite, std::move(question));
    run();
    result<void> answer = error{errc::closed, "", "no answer"};
    if (self_->has_next_message())
      std::move(response).receive([&] { answer = {}; },
                                  [&](caf::error& e) {
                                    answer = error{static_cast<errc>(e.code()), "", describe(e)};
                                  });
    return answer;
  }

  counts totals() const { return client_totals(); }

private:
  struct config : caf::actor_system_config {
    config();
  };
  counts client_totals() const;

  config config_;
  std::function<std::size_t(std::size_t)> next_;
  fake_endpoint endpoint_;
  std::vector<std::string> log_;
  std::size_t handled_ = 0;
  std::chrono::milliseconds clock_is_off_{0};
  virtual_scheduler scheduler_;
  std::optional<analytics> running_;
  caf::scoped_actor self_;
};

} // namespace sluice::test
