#include "support/catch.hpp"

#include <atomic>
#include <mutex>
#include <new>
#include <vector>

#include <caf/io/middleman.hpp>

#include "actors/relay_actor.hpp"
#include "support/http_server.hpp"
#include "support/pipeline.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

struct networked_config : caf::actor_system_config {
  networked_config() {
    configure(*this, custom_options_);
    compat::share_work(*this, 2);
    load<caf::io::middleman>();
  }
};

// An actor system of its own, as another process has it, connected to what this one publishes.
class peer {
public:
  explicit peer(std::uint16_t port) {
    auto connected = system_.middleman().remote_actor<buffer_actor>("127.0.0.1", port);
    REQUIRE(static_cast<bool>(connected));
    relay = *connected;
  }

  caf::actor_system& system() { return system_; }

  bool stores_an_event() {
    bool stored = false;
    request(self, relay, 20s, track{.user_id = "u", .event = "e"})
        .receive([&](const receipt&) { stored = true; }, [](const caf::error& why) { WARN(describe(why)); });
    return stored;
  }

private:
  networked_config config_;
  caf::actor_system system_{config_};

public:
  buffer_actor relay;
  caf::scoped_actor self{system_};
};

// A pipeline whose buffer is published.
struct publisher {
  explicit publisher(const http_server& server, log_hook log = nullptr)
      : running{start(system, options_for(server, std::move(log)))} {
    port = publish(system, running, 0).value();
  }

  networked_config config;
  caf::actor_system system{config};
  analytics running;
  std::uint16_t port = 0;

private:
  static options options_for(const http_server& server, log_hook log) {
    auto o = pipeline::to(server.url());
    o.log = std::move(log);
    return o;
  }
  static analytics start(caf::actor_system& system, const options& o) {
    auto started = spawn_analytics(system, o);
    REQUIRE(started.has_value());
    return std::move(*started);
  }
};

// Asks once. There is no memory to put the first answer into its mailbox, and there is for the next one.
template <class Message>
class short_of_memory : public caf::event_based_actor {
public:
  short_of_memory(caf::actor_config& config, buffer_actor to, std::function<void(std::string)> answered)
      : caf::event_based_actor{config}, to_{std::move(to)}, answered_{std::move(answered)} {}

  using caf::event_based_actor::enqueue;

  compat::enqueue_result enqueue(caf::mailbox_element_ptr element, compat::scheduler_context* context) override {
    if (element->mid.is_response() && !has_failed_.exchange(true))
      throw std::bad_alloc{};
    return caf::event_based_actor::enqueue(std::move(element), context);
  }

  caf::behavior make_behavior() override {
    try {
      sluice::request(this, to_, caf::infinite, Message{})
          .then([this](const answer_to<Message>&) { answered_("no error"); },
                [this](const caf::error& why) { answered_(describe(why)); });
    } catch (const std::bad_alloc&) {
      answered_("the relay has thrown");
    }
    return {[](const flush&) {}}; // Nothing comes; an actor without a behaviour ends.
  }

private:
  template <class M>
  using answer_to = std::conditional_t<std::is_same_v<M, flush>, flush_report, receipt>;

  const buffer_actor to_;
  const std::function<void(std::string)> answered_;
  std::atomic<bool> has_failed_{false};
};

// Lines and answers, from any thread.
class notes {
public:
  void add(std::string line) {
    std::lock_guard guard{mutex_};
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() {
    std::lock_guard guard{mutex_};
    return lines_;
  }

private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

} // namespace

TEST_CASE("nothing that a peer sends ends the published relay", "[e2e][relay]") {
  http_server server;
  publisher p{server};
  peer stranger{p.port};
  const auto relay = caf::actor_cast<caf::actor>(stranger.relay);
  for (const auto reason :
       {caf::exit_reason::kill, caf::exit_reason::user_shutdown, caf::exit_reason::unhandled_exception}) {
    caf::anon_send_exit(stranger.relay, reason);
    INFO(to_string(reason));
    CHECK(stranger.stores_an_event());
  }
  compat::anon_send(relay, caf::down_msg{p.running.buffer.address(), caf::exit_reason::kill});
  compat::anon_send(relay, caf::make_error(caf::sec::runtime_error));
  CHECK(stranger.stores_an_event());
  stranger.system().spawn([&](caf::event_based_actor* self) {
    self->link_to(stranger.relay);
    self->quit(caf::exit_reason::user_shutdown);
  });
  stranger.self->monitor(stranger.relay);
  CHECK(stranger.stores_an_event());
  CHECK(peer{p.port}.stores_an_event());
  CHECK(p.running.shutdown()->delivered == 6);
}

TEST_CASE("a peer hears from the relay alone, also of a flush", "[e2e][relay]") {
  http_server server;
  publisher p{server};
  peer stranger{p.port};
  send(stranger.self, stranger.relay, track{.user_id = "u", .event = "e"});
  std::uint64_t delivered = 0;
  caf::strong_actor_ptr who;
  request(stranger.self, stranger.relay, 20s, flush{})
      .receive(
          [&](const flush_report& r) {
            delivered = r.delivered;
            who = stranger.self->current_sender();
          },
          [](const caf::error& why) { WARN(describe(why)); });
  CHECK(delivered == 1);
  REQUIRE(who != nullptr);
  CHECK(who == caf::actor_cast<caf::strong_actor_ptr>(stranger.relay));
  caf::anon_send_exit(who, caf::exit_reason::kill);
  CHECK(stranger.stores_an_event());
}

TEST_CASE("a peer can have no more than 64 flushes under way, and ask for nothing else", "[e2e][relay]") {
  std::vector<std::string> refused; // outlive the actor that fills them
  std::atomic<int> answers{0};
  http_server server{[](const http_request&) { return http_reply{.hang = true}; }};
  publisher p{server};
  peer stranger{p.port};
  REQUIRE(stranger.stores_an_event());
  stranger.system().spawn([&](caf::event_based_actor* self) {
    for (int i = 0; i < 100; ++i)
      request(self, stranger.relay, caf::infinite, flush{.deadline = 1h})
          .then([&](const flush_report&) { ++answers; },
                [&](const caf::error& why) {
                  refused.push_back(describe(why));
                  ++answers;
                });
  });
  REQUIRE(eventually([&] { return answers == 36; }));
  CHECK(refused.at(0) == "flush: at most 64 of other processes at a time (buffer_full)");
  std::string answer;
  request(stranger.self, caf::actor_cast<analytics_actor>(stranger.relay), 20s, get_stats{})
      .receive([](const system_stats&) {}, [&](const caf::error& why) { answer = describe(why); });
  CHECK(answer.find("unexpected_message") != std::string::npos);
  CHECK(stranger.stores_an_event());
  CHECK(answers == 36);
  p.running.shutdown(1ms);
  CHECK(eventually([&] { return answers == 100; }));
}

TEST_CASE("the relay goes on, and says why, when it has no memory for an answer", "[e2e][relay]") {
  http_server server;
  notes logged, answers;
  publisher p{server, [&](log_level, std::string_view line) { logged.add(std::string{line}); }};
  const auto relay = spawn_relay(p.system, p.running);
  const auto port = p.system.middleman().publish(relay, 0, "127.0.0.1");
  REQUIRE(static_cast<bool>(port));
  peer stranger{*port};
  const auto answered = [&](std::string answer) { answers.add(std::move(answer)); };
  const auto flushes = GENERATE(true, false);
  if (flushes)
    p.system.spawn<short_of_memory<flush>>(relay, answered);
  else
    p.system.spawn<short_of_memory<track>>(relay, answered); // invalid, so that it is answered at once
  REQUIRE(eventually([&] { return answers.lines().size() == 1; }));
  CHECK(answers.lines()[0].find("runtime_error") != std::string::npos);
  CHECK(stranger.stores_an_event());
  CHECK(peer{*port}.stores_an_event());
  CHECK(p.running.shutdown()->delivered == 2);
  std::string line;
  for (const auto& each : logged.lines())
    if (each.find("relay") != std::string::npos)
      line += each;
  CHECK(line == "the relay could not handle a message of another process: std::bad_alloc");
}
