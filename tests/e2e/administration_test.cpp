#include "support/catch.hpp"

#include <atomic>
#include <csignal>

#include <nlohmann/json.hpp>

#include "actors/ask.hpp"
#include "actors/waiting_calls.hpp"
#include "core/wire/base64.hpp"
#include "server/administration/live_streams.hpp"
#include "server/administration/openapi.hpp"
#include "sluice/serve.hpp"
#include "support/command_queue.hpp"
#include "support/gunzip.hpp"
#include "support/http_server.hpp"
#include "support/json_schema.hpp"
#include "support/pipeline.hpp"
#include "support/raw_http.hpp"
#include "support/redis_server.hpp"

using namespace sluice;
using namespace sluice::test;
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

constexpr const char* admin_token = "0123456789abcdef";

struct api_answer {
  int status = 0;
  json body{};
};

std::string exchange(const std::string& url, const std::string& method, const std::string& path,
                     const std::string& body, const std::string& headers) {
  return raw_exchange(url, method + " " + path + " HTTP/1.1\r\nConnection: close\r\n" + headers +
                               (body.empty() ? "" : "Content-Type: application/json\r\n") +
                               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

// `sluice serve` whose destination rejects every event until it is mended, and those who administer it.
class administered_process {
public:
  explicit administered_process(const std::string& store, bool with_token = true, const std::string& url = "")
      : queue_{store, {"--url", url.empty() ? sink_.url() : url}} {
    std::vector<std::string> words{"serve", "--listen", "127.0.0.1:0"};
    if (with_token)
      words.insert(words.end(),
                   {"--admin-token-file", queue_.folder().write("token", std::string{admin_token} + "\n")});
    if (store.starts_with("redis"))
      words.emplace_back("--multi-processor");
    words_ = queue_.words(words);
    begin();
  }
  std::string sink_url() const { return sink_.url(); }
  void kill_and_begin_anew() {
    child_->signal(SIGKILL);
    child_->wait();
    begin();
  }

  std::string says(const std::string& method, const std::string& path, const std::string& body,
                   const std::string& headers) const {
    return exchange(url_, method, path, body, headers);
  }
  // Asks as an administrator does.
  api_answer ask(const std::string& method, const std::string& path, const std::string& body = "",
                 const std::string& more = "") const {
    const auto said = says(method, path, body,
                           std::string{"Host: 127.0.0.1\r\nAuthorization: Bearer "} + admin_token + "\r\n" + more);
    INFO(said);
    REQUIRE(said.size() > 12);
    CHECK(said.find("\r\nCache-Control: no-store\r\n") != std::string::npos);
    CHECK(said.find("\r\nX-Content-Type-Options: nosniff\r\n") != std::string::npos);
    api_answer a{std::stoi(said.substr(9, 3)), json::parse(said.substr(said.find("\r\n\r\n") + 4))};
    return a;
  }
  // Asks, and checks the answer against the description of the interface.
  json get(const std::string& path, const char* schema) const {
    const auto a = ask("GET", path);
    INFO(path << ": " << a.body.dump());
    CHECK(a.status == 200);
    CHECK(misfit(ordered_json::parse(a.body.dump()), {{"$ref", std::string{"#/components/schemas/"} + schema}},
                 openapi_json()) == "");
    return a.body;
  }
  json status() const { return get("/api/status", "Status"); }

  void send(const std::string& event, int count) const {
    for (int i = 0; i < count; ++i) {
      const auto body = R"({"userId":"user-)" + std::to_string(i) + R"(","event":")" + event + "\"}";
      const auto said = says("POST", "/v1/track", body, "Host: h\r\nAuthorization: Basic " + base64("k:") + "\r\n");
      CHECK(said.substr(0, 12) == "HTTP/1.1 200");
    }
  }
  // Sends one batch of events that is rejected as a whole.
  void send_batch(const std::string& prefix, int count) const {
    std::string events;
    for (int i = 0; i < count; ++i)
      events += std::string{i > 0 ? "," : ""} + R"({"type":"track","userId":"user-3","event":"left","messageId":")" +
                prefix + "-" + std::to_string(i) + "\"}";
    const auto said = says("POST", "/v1/batch", R"({"batch":[)" + events + "]}",
                           "Host: h\r\nAuthorization: Basic " + base64("k:") + "\r\n");
    CHECK(said.substr(0, 12) == "HTTP/1.1 200");
  }
  void mend() { well_ = true; }
  std::size_t arrived() const { return delivered_; }
  const command_queue& queue() const { return queue_; }
  const std::string& url() const { return url_; }
  const process& child() const { return *child_; }
  std::string end() {
    child_->signal(SIGTERM);
    return child_->wait().err;
  }

private:
  void begin() {
    child_.emplace(words_, "", std::vector<std::string>{"SLUICE_WRITE_KEY=k"});
    url_ = child_->wait_for_line("listening on ");
  }

  std::atomic<bool> well_{false};
  std::atomic<std::size_t> delivered_{0};
  http_server sink_{[this](const http_request& r) {
    const bool is_left = gunzip(r.body).find("\"left\"") != std::string::npos;
    if (!well_)
      return http_reply{.status = is_left ? 422 : 400, .body = "{}"};
    ++delivered_;
    return http_reply{};
  }};
  command_queue queue_;
  std::vector<std::string> words_;
  std::optional<process> child_;
  std::string url_;
};

// The whole way of an operator: see, find, replay, pause and resume.
void operate(administered_process& p, const std::string& kind) {
  CHECK(p.status()["store"] == kind);
  p.send("bought", 7);
  p.send("left", 5);
  REQUIRE(eventually([&] { return p.status()["queue"]["dead"] == 12; }));
  auto status = p.status();
  CHECK(status["ledger"]["dead"] == 12);
  CHECK(status["ledger"]["adds_up"] == true);
  CHECK(status["state"] == "idle");
  CHECK(status["ready"] == true);

  const auto groups = p.get("/api/dead/groups", "Groups");
  REQUIRE(groups["groups"].size() == 2);
  CHECK(groups["groups"][0]["status"] == 400);
  CHECK(groups["groups"][0]["letters"] == 7);
  CHECK(groups["groups"][1]["status"] == 422);
  const auto page = p.get("/api/dead?limit=5", "Letters");
  CHECK(page["letters"].size() == 5);
  const auto rest = p.get("/api/dead?after=" + page["next"].get<std::string>(), "Letters");
  CHECK(rest["letters"].size() == 7);
  CHECK(rest["next"].is_null());
  CHECK(p.get("/api/dead?status=422", "Letters")["letters"].size() == 5);
  CHECK(p.get("/api/dead?event=bought&user=user-6", "Letters")["letters"].size() == 1);
  const auto found = p.get("/api/dead?event=left&user=user-3", "Letters")["letters"];
  REQUIRE(found.size() == 1);
  const auto id = found[0]["id"].get<std::string>();
  const auto letter = p.get("/api/dead/" + id, "LetterWithEvents");
  CHECK(letter["batch"][0]["userId"] == "user-3");
  CHECK(p.ask("GET", "/api/dead/none-1").status == 404);

  REQUIRE(p.ask("POST", "/api/pause").status == 200);
  REQUIRE(eventually([&] { return p.status()["state"] == "paused"; }));
  CHECK(p.status()["queue"]["paused"] == true);
  p.mend();
  auto job = p.ask("POST", "/api/dead/replay", R"({"filter":{"status":400}})");
  REQUIRE(job.status == 202);
  REQUIRE(eventually([&] {
    return p.get("/api/jobs/" + job.body["job"]["id"].get<std::string>(), "OneJob")["job"]["state"] == "done";
  }));
  const auto jobs = p.get("/api/jobs", "Jobs")["jobs"];
  CHECK(jobs[0]["letters"] == 7);
  CHECK(jobs[0]["events"] == 7);
  CHECK(p.status()["queue"]["ready"] == 7);
  CHECK(p.status()["queue"]["dead"] == 5);
  CHECK(p.arrived() == 0);
  REQUIRE(p.ask("POST", "/api/resume").status == 200);
  CHECK(eventually([&] { return p.arrived() == 7; }));
  CHECK(eventually([&] { return p.status()["state"] == "idle"; }));

  REQUIRE(p.ask("POST", "/api/dead/purge", R"({"filter":{"ids":[")" + id + "\"]}}").status == 202);
  CHECK(eventually([&] { return p.status()["queue"]["purged"] == 1; }));
  // One event each four seconds: it can be seen on its way, and be cancelled.
  job = p.ask("POST", "/api/dead/replay", R"({"all":true,"rate":0.25})");
  const auto path = "/api/jobs/" + job.body["job"]["id"].get<std::string>();
  REQUIRE(eventually([&] { return p.get(path, "OneJob")["job"]["letters"] >= 1; }));
  CHECK(p.get(path, "OneJob")["job"]["state"] == "running");
  CHECK(p.ask("DELETE", path).status == 200);
  CHECK(p.ask("DELETE", path).status == 409);
  CHECK(p.get(path, "OneJob")["job"]["state"] == "cancelled");
  CHECK(eventually([&] { return p.arrived() >= 8; }));
  status = p.status();
  CHECK(status["queue"]["dead"].get<int>() <= 3);
  CHECK(status["queue"]["stored"] == 12);
  p.get("/api/history", "History");

  const auto log = p.end();
  CHECK(log.find("the administrator's token paused deliveries from the queue") != std::string::npos);
  CHECK(log.find(" of the administrator's token is done: replayed 7 dead letters with 7 events") != std::string::npos);
  CHECK(log.find(admin_token) == std::string::npos);
  CHECK(log.find("user-3") == std::string::npos);
}

// Export dead letters, drop and edit events of one, and have the rest delivered.
void edit(administered_process& p) {
  p.send_batch("m", 3);
  REQUIRE(eventually([&] { return p.status()["queue"]["dead"] == 3; }));
  p.send_batch("n", 2);
  REQUIRE(eventually([&] { return p.status()["queue"]["dead"] == 5; }));
  const auto exported = [&](const std::string& query) {
    return p.says("GET", "/api/dead/export" + query, "",
                  std::string{"Host: localhost\r\nAuthorization: Bearer "} + admin_token + "\r\n");
  };
  const auto first = exported("?limit=1");
  CHECK(first.starts_with("HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"));
  const auto letter = json::parse(first.substr(first.find("\r\n\r\n") + 4));
  REQUIRE(letter["batch"].size() == 3);
  constexpr std::string_view name_of_next = "\r\nSluice-Next: ";
  const auto at = first.find(name_of_next);
  REQUIRE(at != std::string::npos);
  const auto from = at + name_of_next.size();
  const auto second = exported("?after=" + first.substr(from, first.find("\r\n", from) - from));
  CHECK(second.find(R"("messageId":"n-0")") != std::string::npos);
  CHECK(second.find(name_of_next) == std::string::npos);

  const auto id = letter["id"].get<std::string>();
  const auto path = "/api/dead/" + id;
  const auto refused = p.ask("POST", path, R"({"edit":[{"index":0,"event":{"type":"track","event":"bought"}}]})");
  CHECK(refused.status == 400);
  CHECK(refused.body["field"] == "edit[0].event.userId");
  CHECK(p.ask("POST", path, "{" + std::string(1 << 20, ' ') + "}").status == 413);
  CHECK(p.status()["queue"]["dead"] == 5);
  p.mend();
  const auto replaced = p.ask(
      "POST", path, R"({"drop":[1],"edit":[{"index":0,"event":{"type":"track","userId":"user-4","event":"bought"}}]})");
  CHECK(replaced.status == 200);
  CHECK(replaced.body == json{{"id", id + ".e1"}, {"replaces", id}, {"events", 2}, {"dropped", 1}});
  CHECK(eventually([&] { return p.arrived() == 1; }));
  CHECK(eventually([&] { return p.status()["queue"]["delivered"] == 2; }));
  const auto queue = p.status()["queue"];
  CHECK(queue["dead"] == 2);
  CHECK(queue["purged"] == 1);
  CHECK(queue["stored"] == 5);
  CHECK(p.ask("POST", path, R"({"drop":[1]})").status == 404);
  const auto log = p.end();
  CHECK(log.find("the administrator's token replaced dead letter " + id + " by " + id +
                 ".e1: 1 events dropped, 1 edited") != std::string::npos);
  CHECK(log.find("user-4") == std::string::npos);
}

} // namespace

TEST_CASE("dead letters are exported, and events of one are dropped and edited: a queue in a file", "[e2e][admin]") {
  administered_process p{""};
  edit(p);
}

TEST_CASE("dead letters are exported, and events of one are dropped and edited: in memory", "[e2e][admin]") {
  administered_process p{"memory"};
  edit(p);
}

TEST_CASE("dead letters are exported, and events of one are dropped and edited: in Redis", "[e2e][admin]") {
  const redis_server redis;
  administered_process p{redis.url()};
  edit(p);
}

TEST_CASE("an operator sees, finds, replays, purges, pauses and resumes: a queue in a file", "[e2e][admin]") {
  administered_process p{""};
  operate(p, "sqlite");
}

TEST_CASE("an operator sees, finds, replays, purges, pauses and resumes: in memory", "[e2e][admin]") {
  administered_process p{"memory"};
  operate(p, "memory");
}

TEST_CASE("an operator sees, finds, replays, purges, pauses and resumes: in Redis", "[e2e][admin]") {
  const redis_server redis;
  administered_process p{redis.url()};
  operate(p, "redis");
}

TEST_CASE("other names, other origins and those without the token get nothing", "[e2e][admin][bad input]") {
  const administered_process p{""};
  const auto status_of = [&](const std::string& method, const std::string& headers) {
    return std::stoi(p.says(method, method == "GET" ? "/api/status" : "/api/pause", "", headers).substr(9, 3));
  };
  const auto with_token = std::string{"Authorization: Bearer "} + admin_token + "\r\n";
  CHECK(status_of("GET", "Host: localhost:1\r\n" + with_token) == 200);
  CHECK(status_of("GET", "Host: evil.example\r\n" + with_token) == 421);
  CHECK(status_of("GET", "Host: localhost\r\n") == 401);
  CHECK(status_of("POST", "Host: localhost\r\nOrigin: http://evil.example\r\n" + with_token) == 403);
  CHECK(status_of("POST", "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n" + with_token) == 403);
  CHECK(p.queue().status()["paused"] == false);
  CHECK(status_of("POST", "Host: localhost\r\nOrigin: http://localhost\r\nSec-Fetch-Site: same-origin\r\n" +
                              with_token) == 200);
  CHECK(p.queue().status()["paused"] == true);
}

TEST_CASE("without a token the queue is shown, and not changed", "[e2e][admin]") {
  const administered_process p{"", false};
  p.status();
  p.get("/api/openapi.json", "Document");
  const auto refused = p.ask("POST", "/api/pause");
  CHECK(refused.status == 403);
  CHECK(refused.body["error"] == "a token is needed to change something: start the server with --admin-token-file");
  CHECK(p.queue().status()["paused"] == false);
}

TEST_CASE("the destination of a running process is changed", "[e2e][admin]") {
  const administered_process p{""};
  std::atomic<int> arrived{0};
  http_server other{[&](const http_request&) {
    ++arrived;
    return http_reply{};
  }};
  const auto refused = p.ask("PUT", "/api/destination", R"({"data_plane_url":"http://192.0.2.1"})");
  CHECK(refused.status == 400);
  CHECK(refused.body["field"] == "data_plane_url");
  CHECK(p.ask("PUT", "/api/destination", R"({"data_plane_url":")" + other.url() + "/v2?x=y\"}").status == 200);
  CHECK(p.status()["destination"]["url"] == other.url() + "/v2");
  p.send("bought", 2);
  CHECK(eventually([&] { return arrived == 2; }));
}

TEST_CASE("a job goes on when the server has failed and was started again", "[e2e][admin]") {
  http_server rejects{[](const http_request&) { return http_reply{.status = 400}; }};
  auto o = pipeline::to(rejects.url());
  o.request_linger = std::chrono::milliseconds{5};
  pipeline p{o};
  const temporary_folder folder;
  server_options so;
  so.listen = "127.0.0.1:0";
  so.admin_token_file = folder.write("token", std::string{admin_token} + "\n");
  const auto http = spawn_server(p.system(), p.running(), so);
  REQUIRE(http.has_value());
  for (int i = 0; i < 6; ++i)
    exchange(http->url(), "POST", "/v1/track", R"({"userId":"u","event":"e"})",
             "Host: h\r\nAuthorization: Basic " + base64("k:") + "\r\n");
  const auto ask = [&](const std::string& method, const std::string& path, const std::string& body = "") {
    const auto said = exchange(http->url(), method, path, body,
                               std::string{"Host: localhost\r\nAuthorization: Bearer "} + admin_token + "\r\n");
    return json::parse(said.substr(said.find("\r\n\r\n") + 4));
  };
  REQUIRE(eventually([&] { return ask("GET", "/api/status")["queue"]["dead"] == 6; }));
  const auto id = ask("POST", "/api/dead/purge", R"({"all":true,"rate":2})")["job"]["id"].get<std::string>();
  REQUIRE(eventually([&] { return ask("GET", "/api/jobs/" + id)["job"]["letters"] == 1; }));
  const auto first = p.peers()->server;
  caf::anon_send_exit(first, caf::exit_reason::kill);
  REQUIRE(eventually([&] { return p.peers()->server != first; }));
  REQUIRE(http->is_alive(std::chrono::seconds{20}));
  // Nobody asks the server, so that nothing but the job itself makes it go on.
  const auto left = [&] { return sluice::ask<dead_page>(p.running().supervisor, list_dead{})->entries.size(); };
  CHECK(left() > 0);
  CHECK(eventually([&] { return left() == 0; }));
  CHECK(eventually([&] { return ask("GET", "/api/jobs/" + id)["job"]["state"] == "done"; }));
  CHECK(ask("GET", "/api/jobs/" + id)["job"]["letters"] == 6);
  CHECK(ask("GET", "/api/status")["restarts"] == 1);
}

TEST_CASE("a job goes on in another process when its own is killed", "[e2e][admin]") {
  const temporary_folder folder;
  administered_process p{"sqlite:" + folder.path() + "/queue.db"};
  p.send("bought", 18); // with more in a row the burial guard pauses
  REQUIRE(eventually([&] { return p.status()["queue"]["dead"] == 18; }));
  const auto path =
      "/api/jobs/" + p.ask("POST", "/api/dead/purge", R"({"all":true,"rate":3})").body["job"]["id"].get<std::string>();
  REQUIRE(eventually([&] { return p.get(path, "OneJob")["job"]["letters"] >= 1; }));
  p.kill_and_begin_anew();
  CHECK(p.get(path, "OneJob")["job"]["elsewhere"] == true); // its process may only be slow
  p.child().wait_for_error(" goes on here: the process that ran it has given no sign of life");
  CHECK(eventually([&] { return p.get(path, "OneJob")["job"]["state"] == "done"; }));
  CHECK(p.status()["queue"]["purged"] == 18);
}

TEST_CASE("every process of a queue shows a job, and can cancel it", "[e2e][admin][redis]") {
  const redis_server redis;
  administered_process one{redis.url()}, other{redis.url(), true, one.sink_url()};
  one.send("bought", 18);
  REQUIRE(eventually([&] { return one.status()["queue"]["dead"] == 18; }));
  const auto path =
      "/api/jobs/" +
      one.ask("POST", "/api/dead/purge", R"({"all":true,"rate":0.1})").body["job"]["id"].get<std::string>();
  CHECK(other.get(path, "OneJob")["job"]["elsewhere"] == true);
  CHECK(eventually([&] { return other.get("/api/jobs", "Jobs")["jobs"].size() == 1; }));
  CHECK(other.ask("DELETE", path).status == 200);
  CHECK(other.ask("GET", path).status == 404);
  CHECK(eventually([&] { return one.get(path, "OneJob")["job"]["state"] == "cancelled"; }));
  const auto purged = one.status()["queue"]["purged"];
  CHECK(purged < 18);
  CHECK(one.get(path, "OneJob")["job"]["events"] == purged);
}

TEST_CASE("a bounded number of calls waits, from their arrival to their answer", "[e2e][admin]") {
  pipeline p{pipeline::to("http://127.0.0.1:9")};
  server_options so;
  so.listen = "127.0.0.1:0";
  REQUIRE(spawn_server(p.system(), p.running(), so).has_value());
  waiting_calls calls;
  const auto add = [&] { return calls.add({.call = status_call{}}, [](const reply&) {}); };
  CHECK_FALSE(add()); // nobody is there to take them
  calls.wake(std::make_shared<port<server_actor>>(p.peers()->server));
  for (std::size_t i = 0; i < waiting_calls::most; ++i)
    CHECK(add());
  CHECK_FALSE(add());
  const auto first = calls.take();
  REQUIRE(first.has_value());
  CHECK_FALSE(add());
  first->second({});
  CHECK(add());
}

TEST_CASE("whoever listens hears how the system is, again and again, and of jobs", "[e2e][admin]") {
  administered_process p{""};
  const std::string head = std::string{"Host: localhost\r\nAuthorization: Bearer "} + admin_token + "\r\n\r\n";
  const raw_connection listener{p.url()};
  listener.send("GET /api/live HTTP/1.1\r\n" + head);
  auto said = listener.until("event: jobs\ndata: {\"jobs\":[]}\n\n");
  INFO(said);
  CHECK(said.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(said.find("\r\nContent-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(said.find("\r\n\r\nevent: status\ndata: {") != std::string::npos);
  p.send("bought", 3);
  said = listener.until("\"dead\":3,");
  const auto from = said.rfind("event: status\ndata: ");
  REQUIRE(from != std::string::npos);
  p.mend();
  CHECK(p.ask("POST", "/api/dead/replay", R"({"all":true})").status == 202);
  said = listener.until("\"state\":\"done\"");
  CHECK(said.find("event: jobs\n") != std::string::npos);

  std::vector<raw_connection> others;
  for (std::size_t i = 1; i < live_streams::most; ++i)
    others.emplace_back(p.url()).send("GET /api/live HTTP/1.1\r\n" + head);
  for (const auto& o : others)
    CHECK(o.until("event: status\n").starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(p.ask("GET", "/api/live").status == 429);
  p.child().signal(SIGHUP); // the token may be another one now
  CHECK(listener.rest().size() < 10'000);
  others.clear();
  CHECK(eventually([&] {
    const raw_connection again{p.url()};
    again.send("GET /api/live HTTP/1.1\r\n" + head);
    return again.until("\r\n").starts_with("HTTP/1.1 200 ");
  }));
}

TEST_CASE("the page is served to everybody but to other names, and permits nothing from elsewhere", "[e2e][admin]") {
  const administered_process p{""};
  const auto page = p.says("GET", "/", "", "Host: localhost\r\n");
  CHECK(page.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"));
  CHECK(page.find("\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; ") != std::string::npos);
  CHECK(page.find("</html>") != std::string::npos);
  CHECK(p.says("GET", "/page.js", "", "Host: localhost\r\n").find("Content-Type: text/javascript") !=
        std::string::npos);
  CHECK(p.says("GET", "/", "", "Host: evil.example\r\n").starts_with("HTTP/1.1 421 "));
  CHECK(p.says("POST", "/", "", "Host: localhost\r\n").starts_with("HTTP/1.1 405 "));
}
