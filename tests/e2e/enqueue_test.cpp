#include "support/catch.hpp"

#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>

#include "support/command_queue.hpp"
#include "support/http_server.hpp"
#include "support/pipeline.hpp"
#include "support/redis_server.hpp"

// `sluice send --enqueue`, while `sluice run` delivers.

using namespace sluice::test;
using nlohmann::json;

namespace {

// An endpoint that counts how often each event arrives, of bodies that are not compressed.
class counting_endpoint {
public:
  std::string url() const { return server_.url(); }
  std::map<std::string, int> arrivals() {
    std::lock_guard guard{mutex_};
    return arrivals_;
  }

private:
  http_reply take(const http_request& r) {
    const auto body = json::parse(r.body);
    std::lock_guard guard{mutex_};
    for (const auto& e : body.at("batch"))
      ++arrivals_[e.at("messageId").get<std::string>()];
    return {};
  }

  std::mutex mutex_;
  std::map<std::string, int> arrivals_;
  http_server server_{[this](const http_request& r) { return take(r); }};
};

// A queue that several processes use.
struct shared_by_commands {
  explicit shared_by_commands(const std::string& where)
      : redis{where == "file" ? nullptr : std::make_unique<redis_server>()},
        queue{redis ? redis->url() : "",
              where == "shared Redis" ? std::vector<std::string>{"--multi-processor"} : std::vector<std::string>{}} {}
  process runner(const std::string& url) const { return queue.start({"run", "--url", url}, {"--json"}); }
  bool has_owner() const {
    const auto s = queue.call({"status", "--json"});
    return s.status == 0 && json::parse(s.out)["owners"].size() == 1;
  }
  std::unique_ptr<redis_server> redis;
  command_queue queue;
};

std::uint64_t number_in(const json& ledger, const char* name) {
  return ledger.at(name).get<std::uint64_t>();
}

} // namespace

TEST_CASE("what two processes enqueue while another one delivers is delivered once", "[e2e][enqueue]") {
  const std::string where = GENERATE("file", "Redis", "shared Redis");
  CAPTURE(where);
  counting_endpoint endpoint;
  const shared_by_commands q{where};
  auto runner = q.runner(endpoint.url());
  REQUIRE(eventually([&] { return q.has_owner(); }));
  const auto enqueue = [&](const std::string& who) {
    const auto events = q.queue.folder().write(who, numbered_events(who, 5'000));
    return q.queue.start({"send", events, "--url", endpoint.url()}, {"--enqueue", "--no-gzip", "--json"});
  };
  auto first = enqueue("a"), second = enqueue("b");
  for (auto* each : {&first, &second}) {
    const auto done = each->wait();
    INFO(done.out << done.err);
    CHECK(done.status == 0);
    CHECK(done.err.find("wait in") == std::string::npos);
    const auto l = last_json(done.out);
    CHECK(number_in(l, "accepted") == 5'000);
    CHECK(number_in(l, "waiting") == 5'000);
    CHECK(number_in(l, "delivered") + number_in(l, "lost") + number_in(l, "elsewhere") + number_in(l, "recovered") ==
          0);
  }
  REQUIRE(eventually([&] { return q.queue.status()["delivered"] == 10'000; }));
  CHECK(q.queue.status()["stored"] == 10'000);
  runner.signal(SIGTERM);
  const auto ran = runner.wait();
  INFO(ran.out << ran.err);
  CHECK(ran.status == 0);
  CHECK(number_in(last_json(ran.out), "delivered") == 10'000);
  CHECK(number_in(last_json(ran.out), "recovered") == 10'000);
  const auto arrivals = endpoint.arrivals();
  CHECK(arrivals.size() == 10'000);
  for (const auto& [id, times] : arrivals)
    if (times != 1)
      FAIL_CHECK(id << " arrived " << times << " times");
}

TEST_CASE("kill -9 of a process that enqueues loses nothing that it has a receipt for", "[e2e][enqueue][kill]") {
  const std::string where = GENERATE("file", "Redis", "shared Redis");
  CAPTURE(where);
  counting_endpoint endpoint;
  const shared_by_commands q{where};
  auto runner = q.runner(endpoint.url());
  REQUIRE(eventually([&] { return q.has_owner(); }));
  const auto receipts = q.queue.folder().path() + "/receipts";
  auto victim = q.queue.start({"send", "-", "--url", endpoint.url()},
                              {"--enqueue", "--no-gzip", "--receipts", receipts}, numbered_events("k", 20'000));
  REQUIRE(eventually([&] {
    std::error_code none;
    return std::filesystem::file_size(receipts, none) > 4'000 && !none;
  }));
  victim.signal(SIGKILL);
  victim.wait();
  REQUIRE(eventually([&] {
    const auto s = q.queue.status();
    return s["delivered"] == s["stored"];
  }));
  runner.signal(SIGTERM);
  const auto ran = runner.wait();
  INFO(ran.out << ran.err);
  CHECK(ran.status == 0);
  const auto arrivals = endpoint.arrivals();
  auto text = read_file(receipts);
  text.resize(text.rfind('\n') + 1);
  const auto ids = lines_of(text);
  CHECK(ids.size() > 100);
  for (const auto& id : ids)
    if (arrivals.count(id) == 0)
      FAIL_CHECK(id << " has a receipt and is lost");
}

TEST_CASE("several processes make a queue's file at once, and what they enqueue is delivered by a later run",
          "[e2e][enqueue]") {
  for (int round = 0; round < 5; ++round) {
    counting_endpoint endpoint;
    const command_queue q;
    std::vector<std::unique_ptr<process>> all;
    for (int i = 0; i < 3; ++i)
      all.push_back(
          std::make_unique<process>(q.words({"send", "-", "--url", endpoint.url()}, {"--enqueue", "--no-gzip"}),
                                    good_event + "\n", std::vector<std::string>{"SLUICE_WRITE_KEY=k"}));
    for (auto& each : all)
      each->end_input();
    const auto ran = q.call({"run", "--until-empty", "--url", endpoint.url()}); // never refused by those
    INFO(ran.err);
    CHECK((ran.status == 0 || ran.status == 6)); // one may come later
    for (auto& each : all) {
      const auto done = each->wait();
      INFO(done.err);
      CHECK(done.status == 0);
    }
    CHECK(q.status()["stored"] == 3);
    CHECK(q.call({"run", "--until-empty", "--url", endpoint.url()}).status == 0);
    CHECK(endpoint.arrivals().size() == 3);
  }
}

TEST_CASE("a process that enqueues ends with 0 if everything is stored, and says what it rejects", "[e2e][enqueue]") {
  const command_queue q;
  const std::string nowhere = "http://127.0.0.1:9";
  const auto stored = q.call({"send", "-", "--url", nowhere}, {"--enqueue"}, good_event + "\n" + good_event + "\n");
  INFO(stored.out << stored.err);
  CHECK(stored.status == 0);
  CHECK(stored.out.find("waiting               2  stored for the process that delivers") != std::string::npos);
  CHECK(stored.err.find("wait in") == std::string::npos);
  CHECK(q.status()["ready"] == 2);
  CHECK(q.call({"send", "-", "--url", nowhere}, {"--enqueue"}, "{}\n" + good_event).status == 4);
  CHECK(q.status()["ready"] == 3);
}

TEST_CASE("what contradicts --enqueue is refused, and nothing is stored", "[e2e][enqueue]") {
  const command_queue q;
  const std::string url = "http://127.0.0.1:9";
  REQUIRE(q.call({"send", "-", "--url", url}, {"--enqueue"}, good_event).status == 0);
  const auto refused = [&](const std::vector<std::string>& first, const std::vector<std::string>& more,
                           const std::string& words) {
    const auto done = q.call(first, more, good_event);
    INFO(done.err);
    CHECK(done.status == 2);
    CHECK(done.err.find(words) != std::string::npos);
  };
  refused({"send", "-", "--url", url}, {"--enqueue", "--adopt"}, "--adopt");
  refused({"send", "-", "--url", url}, {"--enqueue", "--wait"}, "--wait");
  refused({"send", "-", "--url", url + "/other"}, {"--enqueue"}, "set queue.adopt in the process that delivers");
  const auto config = q.folder().write("sluice.conf", "sluice { queue { enqueue_only = true } }");
  refused({"run", "--url", url}, {"--config", config}, "queue.enqueue_only");
  refused({"run", "--url", url}, {"--enqueue"}, "--enqueue");
  const auto memory = run({SLUICE_COMMAND_PATH, "send", "-", "--enqueue", "--store", "memory", "--url", url},
                          good_event, {"SLUICE_WRITE_KEY=k"});
  CHECK(memory.status == 2);
  CHECK(memory.err.find("--enqueue: must be false: no other process can deliver") != std::string::npos);
  CHECK(q.status()["stored"] == 1);
}

TEST_CASE("who is refused at a queue in a file is told of --wait and of --enqueue", "[e2e][enqueue]") {
  const shared_by_commands q{"file"};
  const std::string url = "http://127.0.0.1:9";
  auto first = q.runner(url);
  REQUIRE(eventually([&] { return q.has_owner(); }));
  const auto second = q.queue.call({"send", "-", "--url", url}, {}, good_event);
  CHECK(second.status == 3);
  CHECK(second.err.find("or wait for it with --wait, or only store the events with --enqueue") != std::string::npos);
  const auto third = q.queue.call({"run", "--url", url});
  CHECK(third.status == 3);
  CHECK(third.err.find("--enqueue") == std::string::npos);
  first.signal(SIGTERM);
  CHECK(first.wait().status == 0);
}

TEST_CASE("a process that enqueues stops when the queue's file is removed, and counts nothing twice",
          "[e2e][enqueue]") {
  const command_queue q;
  auto sender = q.start({"send", "-", "--url", "http://127.0.0.1:9"}, {"--enqueue", "--flush-interval", "1", "--json"});
  sender.say(good_event);
  REQUIRE(eventually([&] {
    const auto s = q.call({"status", "--json"});
    return s.status == 0 && json::parse(s.out)["stored"] == 1;
  }));
  std::filesystem::remove(q.folder().path() + "/queue.db");
  sender.say(good_event);
  sender.end_input();
  const auto done = sender.wait();
  INFO(done.out << done.err);
  CHECK(done.status == 3);
  CHECK(done.err.find("queue.db was removed or replaced") != std::string::npos);
  const auto l = last_json(done.out);
  CHECK(number_in(l, "accepted") == 2);
  CHECK(number_in(l, "waiting") == 1);
  CHECK(number_in(l, "lost") == 1);
}

TEST_CASE("a process that enqueues into an emptied Redis stores what it still has, and ends with 0",
          "[e2e][enqueue][redis]") {
  redis_server redis;
  const command_queue q{redis.url(), {"--enqueue", "--flush-interval", "1", "--json"}};
  auto sender = q.start({"send", "-", "--url", "http://127.0.0.1:9"});
  sender.say(good_event);
  REQUIRE(eventually([&] {
    const auto s = q.call({"status", "--json"});
    return s.status == 0 && json::parse(s.out)["stored"] == 1;
  }));
  redis.command({"FLUSHALL"});
  sender.say(good_event);
  sender.end_input();
  const auto done = sender.wait();
  INFO(done.out << done.err);
  CHECK(done.status == 0);
  CHECK(number_in(last_json(done.out), "waiting") == 2);
  CHECK(q.status()["stored"] == 1);
}
