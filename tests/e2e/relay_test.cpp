#include "support/catch.hpp"

#include <atomic>
#include <vector>

#include <caf/io/middleman.hpp>

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
  explicit publisher(const http_server& server) : running{start(system, pipeline::to(server.url()))} {
    port = publish(system, running, 0).value();
  }

  networked_config config;
  caf::actor_system system{config};
  analytics running;
  std::uint16_t port = 0;

private:
  static analytics start(caf::actor_system& system, const options& o) {
    auto started = spawn_analytics(system, o);
    REQUIRE(started.has_value());
    return std::move(*started);
  }
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
