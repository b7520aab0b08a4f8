#include "support/catch.hpp"

#include "store/make_store.hpp"
#include "support/http_server.hpp"
#include "support/pipeline.hpp"
#include "support/process.hpp"

// An application that only stores events, for other processes to deliver.

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TEST_CASE("for an application that only enqueues, flush and shutdown are over when everything is stored",
          "[system][enqueue]") {
  const temporary_folder folder;
  http_server server;
  auto o = pipeline::to(server.url());
  o.persistence = "sqlite:" + folder.path() + "/queue.db";
  o.queue.enqueue_only = true;
  pipeline p{o};
  for (int i = 0; i < 100; ++i)
    REQUIRE(p.client().track({.user_id = "u"}, "e"));
  const auto flushed = p.client().flush();
  REQUIRE(flushed);
  CHECK(flushed->stored == 100);
  CHECK(flushed->waiting + flushed->delivered + flushed->dead + flushed->ended_elsewhere + flushed->lost == 0);
  CHECK(p.client().totals().waiting == 100);
  CHECK(p.client().totals().in_store == 100);
  REQUIRE(p.client().track({.user_id = "u"}, "e"));
  const auto report = p.running().shutdown(30s);
  REQUIRE(report);
  CHECK(report->accepted == 101);
  CHECK(report->stored == 101);
  CHECK(report->lost + report->delivered + report->ended_elsewhere == 0);
  CHECK(server.requests().empty());

  o.queue.enqueue_only = false;
  pipeline deliverer{o};
  REQUIRE(eventually([&] { return deliverer.client().totals().recovered == 101; }));
}

TEST_CASE("an application that only enqueues changes neither the destination nor the pause of the queue",
          "[system][enqueue]") {
  const temporary_folder folder;
  auto o = pipeline::to("http://127.0.0.1:1");
  o.persistence = "sqlite:" + folder.path() + "/queue.db";
  o.queue.enqueue_only = true;
  pipeline p{o};
  const auto queue = make_queue_admin(o);
  REQUIRE(queue);
  REQUIRE((*queue)->set_paused(true));
  const auto moved = p.client().set_destination("http://127.0.0.1:2", "");
  REQUIRE(!moved);
  CHECK(moved.error().code == errc::unsupported);
  CHECK(moved.error().message.find("queue.enqueue_only") != std::string::npos);
  compat::anon_send(p.running().supervisor, resume{});
  REQUIRE(p.client().track({.user_id = "u"}, "e"));
  REQUIRE(p.client().flush());
  CHECK((*queue)->stats()->paused);
  CHECK((*queue)->stats()->ready == 1);
}
