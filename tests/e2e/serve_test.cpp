#include "support/catch.hpp"

#include <atomic>
#include <csignal>
#include <future>
#include <optional>
#include <set>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/wire/base64.hpp"
#include "server/listener.hpp"
#include "sluice/serve.hpp"
#include "support/certificates.hpp"
#include "support/command_queue.hpp"
#include "support/gzip.hpp"
#include "support/http_server.hpp"
#include "support/notice_socket.hpp"
#include "support/pipeline.hpp"
#include "support/raw_http.hpp"
#include "support/redis_server.hpp"
#include "transport/http_transport.hpp"

#include <fcntl.h>
#include <sys/resource.h>

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

// A request that asks for the connection to be closed.
std::string request_to(const std::string& path, const std::string& body, const std::string& key = "k",
                       const std::string& more = "") {
  return "POST " + path + " HTTP/1.1\r\nHost: h\r\nAuthorization: Basic " + base64(key + ":") +
         "\r\nContent-Type: application/json\r\nConnection: close\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string get(const std::string& path, const std::string& more = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + more + "\r\n";
}

int status_in(const std::string& said) {
  return said.size() < 12 ? 0 : std::stoi(said.substr(9, 3));
}

json body_in(const std::string& said) {
  return json::parse(said.substr(said.find("\r\n\r\n") + 4));
}

// A batch of track events with the ids `PREFIX-0`, `PREFIX-1`, …
std::string batch_of(const std::string& prefix, int count) {
  std::string events;
  for (int i = 0; i < count; ++i)
    events += (events.empty() ? "" : ",") +
              (R"({"type":"track","userId":"u","event":"e","messageId":")" + prefix + "-" + std::to_string(i) + "\"}");
  return R"({"batch":[)" + events + "]}";
}

std::set<std::string> ids_in(const std::vector<http_request>& requests) {
  std::set<std::string> ids;
  for (const auto& r : requests) {
    const auto body = json::parse(r.body);
    for (const auto& e : body.at("batch"))
      ids.insert(e.at("messageId").get<std::string>());
  }
  return ids;
}

// The real actors with a server, in this process.
struct served {
  explicit served(options o, server_options s = {}) : p{std::move(o)} {
    s.listen = s.listen == server_options{}.listen ? "127.0.0.1:0" : s.listen;
    auto spawned = spawn_server(p.system(), p.running(), s);
    for (const auto& e : spawned ? std::vector<error>{} : spawned.error())
      FAIL(to_string(e));
    http = *spawned;
  }
  std::string says(const std::string& request) const { return raw_exchange(http->url(), request); }

  pipeline p;
  std::optional<server> http;
};

options to_plain(const http_server& destination) {
  auto o = pipeline::to(destination.url());
  o.gzip = false;
  o.request_linger = 5ms;
  return o;
}

// `sluice serve` on a queue in a file, and what it listens on.
struct serving_process {
  serving_process(const command_queue& queue, const std::vector<std::string>& more)
      : child{queue.start({"serve", "--listen", "127.0.0.1:0", "--json"}, more)}, url{child.wait_for_line(
                                                                                      "listening on ")} {}

  process child;
  std::string url;
};

std::vector<std::string> errors_of(const options& o, const server_options& s) {
  pipeline p{o};
  const auto spawned = spawn_server(p.system(), p.running(), s);
  std::vector<std::string> fields;
  for (const auto& e : spawned ? std::vector<error>{} : spawned.error())
    fields.push_back(e.field);
  return fields;
}

} // namespace

TEST_CASE("what is answered with 200 is stored, and arrives with its message ids", "[e2e][serve]") {
  http_server destination;
  served s{to_plain(destination)};
  const auto batch = s.says(request_to("/v1/batch", batch_of("b", 50)));
  CHECK(status_in(batch) == 200);
  CHECK(body_in(batch)["stored"] == 50);
  CHECK(s.p.client().totals().stored == 50);
  CHECK(status_in(s.says(request_to("/v1/batch", gzip(batch_of("z", 1)), "k", "Content-Encoding: gzip\r\n"))) == 200);
  for (const auto* type : {"track", "identify", "page", "screen"})
    CHECK(status_in(s.says(request_to(std::string{"/v1/"} + type,
                                      std::string{R"({"userId":"u","event":"e","messageId":")"} + type + "\"}"))) ==
          200);
  CHECK(status_in(s.says(request_to("/v1/group", R"({"userId":"u","groupId":"g","messageId":"group"})"))) == 200);
  CHECK(status_in(s.says(request_to("/v1/alias", R"({"userId":"u","previousId":"p","messageId":"alias"})"))) == 200);
  CHECK(s.p.running().shutdown()->delivered == 57);
  const auto ids = ids_in(destination.requests());
  CHECK(ids.size() == 57);
  CHECK(ids.count("b-49") == 1);
  CHECK(ids.count("z-0") == 1);
  CHECK(ids.count("screen") == 1);
}

TEST_CASE("an invalid event is named, and harms no other", "[e2e][serve]") {
  http_server destination;
  served s{to_plain(destination)};
  const auto said = s.says(request_to(
      "/v1/batch",
      R"({"batch":[{"type":"track","userId":"u","event":"e"},{"type":"track","userId":"u"},{"type":"page","userId":"u"}]})"));
  CHECK(status_in(said) == 400);
  CHECK(body_in(said)["stored"] == 2);
  CHECK(body_in(said)["errors"][0]["index"] == 1);
  CHECK(body_in(said)["errors"][0]["field"] == "event");
  CHECK(status_in(s.says(request_to("/v1/batch", "[]"))) == 400);
  CHECK(status_in(s.says(request_to("/v1/batch", R"({"batch":[{"a)"))) == 400);
}

TEST_CASE("what has no key, no JSON or no such path is turned away", "[e2e][serve]") {
  http_server destination;
  served s{to_plain(destination)};
  CHECK(status_in(s.says(request_to("/v1/batch", batch_of("a", 1), "other"))) == 401);
  CHECK(status_in(s.says("POST /v1/batch HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")) ==
        401);
  CHECK(status_in(s.says(get("/v1/batch"))) == 405);
  CHECK(status_in(s.says(get("/other"))) == 404);
  CHECK(status_in(s.says(request_to("/livez", ""))) == 405);
  auto as_text = request_to("/v1/batch", batch_of("a", 1));
  as_text.replace(as_text.find("application/json"), 16, "text/plain");
  CHECK(status_in(s.says(as_text)) == 415);
  CHECK(status_in(s.says(request_to("/v1/batch", batch_of("a", 1), "k", "Content-Encoding: br\r\n"))) == 415);
  const auto bomb = gzip(std::string(std::size_t{7} << 20, ' '));
  CHECK(status_in(s.says(request_to("/v1/batch", bomb, "k", "Content-Encoding: gzip\r\n"))) == 413);
  CHECK(s.p.client().totals().accepted == 0);
}

TEST_CASE("while the buffer has no room a request is put off as a whole, and nothing of it is taken", "[e2e][serve]") {
  http_server silent{[](const http_request&) { return http_reply{.hang = true}; }};
  auto o = to_plain(silent);
  o.max_internal_queue_size = 25;
  served s{o};
  CHECK(status_in(s.says(request_to("/v1/batch", batch_of("a", 20)))) == 200);
  const auto said = s.says(request_to("/v1/batch", batch_of("b", 6)));
  CHECK(status_in(said) == 429);
  CHECK(said.find("\r\nRetry-After: 1\r\n") != std::string::npos);
  CHECK(s.p.client().totals().accepted == 20);
  CHECK(status_in(s.says(request_to("/v1/batch", batch_of("c", 5)))) == 200);
  CHECK(status_in(s.says(request_to("/v1/batch", batch_of("d", 26)))) == 429);
  const auto ready = s.says(get("/readyz"));
  CHECK(status_in(ready) == 503);
  CHECK(body_in(ready)["reasons"][0] == "the buffer is full: 25 events are in it");
  s.p.running().shutdown(10ms);
}

TEST_CASE("more events than the buffer could ever hold are too many", "[e2e][serve]") {
  http_server destination;
  auto o = to_plain(destination);
  o.max_internal_queue_size = 25;
  served s{o};
  CHECK(status_in(s.says(request_to("/v1/batch", batch_of("d", 26)))) == 413);
}

TEST_CASE("a server that fails is started again at its address, and the events go on", "[e2e][serve]") {
  http_server destination;
  served s{to_plain(destination)};
  CHECK(status_in(s.says(request_to("/v1/batch", batch_of("a", 3)))) == 200);
  const auto first = s.p.peers()->server;
  caf::anon_send_exit(first, caf::exit_reason::kill);
  REQUIRE(eventually([&] { return s.p.peers()->server != first; }));
  REQUIRE(s.http->is_alive(20s));
  CHECK(status_in(s.says(request_to("/v1/batch", batch_of("b", 3)))) == 200);
  CHECK(s.says(get("/metrics")).find("\nsluice_actor_restarts_total{actor=\"server_actor\"} 1\n") != std::string::npos);
  CHECK(s.p.running().shutdown()->delivered == 6);
}

TEST_CASE("metrics say how long events and attempts took, and how often the store failed", "[e2e][serve]") {
  http_server destination;
  const temporary_folder folder;
  auto o = to_plain(destination);
  o.persistence = "sqlite:" + folder.path() + "/queue.db";
  served s{o};
  CHECK(status_in(s.says(request_to("/v1/batch", batch_of("a", 3)))) == 200);
  // Each is counted where it happens, and nothing but their values says that all of it has.
  for (const auto* line : {"sluice_accepted_to_stored_seconds_count 3", "sluice_accepted_to_delivered_seconds_count 3",
                           "sluice_delivery_duration_seconds_count 1", R"(sluice_deliveries_total{status="2xx"} 1)",
                           R"(sluice_store_errors_total{kind="store_failed"} 0)"}) {
    INFO(line);
    CHECK(
        eventually([&] { return s.says(get("/metrics")).find("\n" + std::string{line} + "\n") != std::string::npos; }));
  }
}

TEST_CASE("what is open when the system is shut down is answered", "[e2e][serve]") {
  http_server destination;
  auto o = to_plain(destination);
  o.request_linger = 20s; // nothing but the shutdown cuts the batch
  served s{o};
  std::string said;
  std::thread client{[&] { said = s.says(request_to("/v1/batch", batch_of("a", 3))); }};
  REQUIRE(eventually([&] { return s.p.client().totals().accepted == 3; }));
  CHECK(s.p.running().shutdown()->delivered == 3);
  client.join();
  CHECK(status_in(said) == 200);
}

TEST_CASE("beyond loopback a server needs TLS or a word, and a token", "[e2e][serve][bad input]") {
  http_server destination;
  temporary_folder folder;
  const auto o = to_plain(destination);
  CHECK(errors_of(o, {.listen = "0.0.0.0:0"}) == std::vector<std::string>{"allow_insecure", "admin_token_file"});
  CHECK(errors_of(o, {.listen = "127.0.0.1:0", .public_hosts = {"sluice.example.com"}}) ==
        std::vector<std::string>{"admin_token_file"});
  CHECK(errors_of(o, {.listen = "nowhere"}) == std::vector<std::string>{"listen"});
  CHECK(errors_of(o, {.listen = "127.0.0.1:0",
                      .intake_key_file = "/no/file",
                      .tls_certificate_file = "/no/file",
                      .tls_key_file = "/no/file"}) ==
        std::vector<std::string>{"intake_key_file", "tls_certificate_file"});
  CHECK(errors_of(o, {.listen = "127.0.0.1:0", .tls_key_file = "/no/file", .max_connections = 0}) ==
        std::vector<std::string>{"tls_certificate_file", "max_connections"});
  served s{o};
  server_options second;
  second.listen = "127.0.0.1:0";
  const auto refused = spawn_server(s.p.system(), s.p.running(), second);
  REQUIRE(!refused);
  CHECK(refused.error()[0].code == errc::unsupported);
}

TEST_CASE("over TLS, with keys and a token of their own", "[e2e][serve][tls]") {
  authority trusted;
  const auto identity = trusted.issue("localhost");
  temporary_folder folder;
  http_server destination;
  server_options so;
  so.intake_key_file = folder.write("keys", "one\ntwo\n");
  so.tls_certificate_file = identity.certificate;
  so.tls_key_file = identity.key;
  served s{to_plain(destination), so};
  const auto port = s.http->url().substr(s.http->url().rfind(':'));
  const auto status_with = [&](const std::string& key) {
    http_settings to{.to = *parse_endpoint("https://localhost" + port, false), .write_key = key};
    to.http.ca_file = trusted.certificate_file();
    http_transport transport{to};
    std::promise<int> status;
    transport.send({.batch_id = "b", .head = batch_of(key, 1), .gzip = false},
                   [&](const delivery_response& r) { status.set_value(r.status); });
    return status.get_future().get();
  };
  CHECK(status_with("one") == 200);
  CHECK(status_with("two") == 200);
  CHECK(status_with("k") == 401);
  folder.write("keys", "three\n");
  REQUIRE(s.http->read_keys_again());
  CHECK(status_with("three") == 200);
  CHECK(status_with("one") == 401);
  folder.write("keys", "");
  CHECK(!s.http->read_keys_again());
  CHECK(status_with("three") == 200); // what was read before still counts
  CHECK(raw_exchange(s.http->url(), get("/livez")).find("HTTP/1.1") == std::string::npos);
}

TEST_CASE("what clients were told is stored survives kill -9 of the server, again and again", "[e2e][serve][kill]") {
  temporary_folder folder;
  const auto record = folder.path() + "/record";
  process sink{{SLUICE_COMMAND_PATH, "sink", "--port", "0", "--record", record}};
  const command_queue queue{"", {"--url", sink.wait_for_line("listening on "), "--drain-timeout", "60s"}};
  std::string receipts;
  for (int round = 0; round < 3; ++round) {
    serving_process s{queue, {}};
    std::atomic<bool> over{false};
    std::atomic<int> answered{0};
    std::vector<std::vector<std::string>> told(4);
    std::vector<std::thread> clients;
    for (int c = 0; c < 4; ++c)
      clients.emplace_back([&, c] {
        for (int i = 0; !over; ++i) {
          const auto prefix = std::to_string(round) + "." + std::to_string(c) + "." + std::to_string(i);
          std::string said;
          try {
            said = raw_exchange(s.url, request_to("/v1/batch", batch_of(prefix, 7)));
          } catch (const std::exception&) { // it is gone
          }
          answered += status_in(said) == 200 ? 1 : 0;
          for (int e = 0; status_in(said) == 200 && e < 7; ++e)
            told[static_cast<std::size_t>(c)].push_back(prefix + "-" + std::to_string(e));
        }
      });
    CHECK(eventually([&] { return answered >= 40; }));
    s.child.signal(SIGKILL);
    s.child.wait();
    over = true;
    for (auto& c : clients)
      c.join();
    for (const auto& ids : told)
      for (const auto& id : ids)
        receipts += id + '\n';
  }
  const auto rest = queue.call({"run", "--until-empty"});
  INFO(rest.out << rest.err);
  CHECK(rest.status == 0);
  sink.signal(SIGTERM);
  sink.wait();
  const auto arrived = compare(record, {folder.write("receipts", receipts)});
  CHECK(arrived.receipts >= 3 * 40 * 7);
  CHECK(arrived.lost == 0);
}

TEST_CASE("sluice serve says what is wrong with its options, by their names", "[e2e][serve][bad input]") {
  const command_queue queue{"memory", {"--url", "http://127.0.0.1:1"}};
  const auto refused = [&](const std::vector<std::string>& more) {
    const auto done = queue.call({"serve"}, more);
    CHECK(done.status == 2);
    return done.err;
  };
  CHECK(refused({"--listen", "x"}).find("sluice serve: --listen: must be an IP address and a port") == 0);
  const auto open = refused({"--listen", "0.0.0.0:0"});
  CHECK(open.find("--allow-insecure: must be set, or TLS be used") != std::string::npos);
  CHECK(open.find("--admin-token-file: is required") != std::string::npos);
  CHECK(refused({"--tls-cert", "c"}).find("--tls-key: is missing") != std::string::npos);
  CHECK(refused({"--listen", "127.0.0.1:0", "--intake-key-file", "/no/file"}).find("--intake-key-file: /no/file: ") !=
        std::string::npos);
  CHECK(refused({"--max-connections", "0"}).find("--max-connections: must be 1 to 100000") != std::string::npos);
}

TEST_CASE("sluice serve stops in order, and reads its keys again when it is told to", "[e2e][serve]") {
  http_server destination;
  temporary_folder folder;
  const auto keys = folder.write("keys", "one\n");
  const auto token = folder.write("token", "0123456789abcdef\n");
  const command_queue queue{"", {"--url", destination.url()}};
  serving_process s{queue, {"--intake-key-file", keys, "--admin-token-file", token}};
  const auto status_with = [&](const std::string& key) {
    return status_in(raw_exchange(s.url, request_to("/v1/batch", batch_of(key, 2), key)));
  };
  CHECK(status_with("one") == 200);
  folder.write("keys", "two\n");
  s.child.signal(SIGHUP);
  s.child.wait_for_error("the files of keys were read again");
  CHECK(status_with("one") == 401);
  CHECK(status_with("two") == 200);
  CHECK(status_in(raw_exchange(s.url, get("/metrics"))) == 401);
  CHECK(status_in(raw_exchange(s.url, get("/metrics", "Authorization: Bearer 0123456789abcdef\r\n"))) == 200);
  CHECK(status_in(raw_exchange(s.url, get("/livez"))) == 200);
  const auto ready = raw_exchange(s.url, get("/readyz"));
  CHECK(status_in(ready) == 200);
  CHECK(body_in(ready)["ready"] == true);
  s.child.signal(SIGTERM);
  const auto done = s.child.wait();
  INFO(done.out << done.err);
  CHECK(done.status == 0);
  CHECK(last_json(done.out)["delivered"] == 4);
}

TEST_CASE("/readyz and sluice status say why deliveries wait in the same words", "[e2e][serve]") {
  http_server wrong_key{[](const http_request&) { return http_reply{.status = 401}; }};
  const command_queue queue{"", {"--url", wrong_key.url()}};
  serving_process s{queue, {}};
  CHECK(status_in(raw_exchange(s.url, request_to("/v1/batch", batch_of("a", 2)))) == 200);
  std::string note;
  REQUIRE(eventually([&] {
    const auto said = body_in(raw_exchange(s.url, get("/readyz")));
    CHECK(said["ready"] == true); // events are taken and stored all the same
    note = said["notes"].empty() ? "" : said["notes"][0].get<std::string>();
    return note.starts_with("deliveries are suspended: ");
  }));
  CHECK(eventually([&] { return queue.call({"status"}).out.find(note) != std::string::npos; }));
  CHECK(queue.call({"pause"}).status == 0);
  CHECK(eventually([&] {
    return body_in(raw_exchange(s.url, get("/readyz")))["notes"][0] == "paused: `sluice resume` resumes deliveries";
  }));
}

namespace {

// No descriptor can be opened in this process while it lives.
class no_descriptors {
public:
  no_descriptors() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit none{.rlim_cur = 3, .rlim_max = before_.rlim_max}; // those that are open stay so
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  no_descriptors(const no_descriptors&) = delete;
  no_descriptors& operator=(const no_descriptors&) = delete;

private:
  rlimit before_{};
};

} // namespace

TEST_CASE("a server that finds no descriptors tries again each second, and costs no restarts", "[e2e][serve]") {
  http_server destination;
  std::atomic<int> tries{0};
  auto o = to_plain(destination);
  o.restarts.max = 1;
  o.log = [&](log_level, std::string_view line) {
    tries += line.starts_with("the server cannot start: ") && line.ends_with("; trying again") ? 1 : 0;
  };
  served s{o};
  CHECK(status_in(s.says(request_to("/v1/batch", batch_of("a", 3)))) == 200);
  REQUIRE(eventually([&] { return destination.requests().size() == 1; })); // so that the other actors have theirs
  {
    const no_descriptors until_here;
    caf::anon_send_exit(s.p.peers()->server, caf::exit_reason::kill);
    REQUIRE(eventually([&] { return tries == 1; }));
    const auto first = std::chrono::steady_clock::now();
    REQUIRE(eventually([&] { return tries == 3; }));
    CHECK(std::chrono::steady_clock::now() - first >= 1'900ms);
    CHECK(!s.http->is_alive(1ms));
  }
  REQUIRE(s.http->is_alive(20s));
  CHECK(status_in(s.says(request_to("/v1/batch", batch_of("b", 3)))) == 200);
  CHECK(s.says(get("/metrics")).find("\nsluice_actor_restarts_total{actor=\"server_actor\"} 1\n") != std::string::npos);
  CHECK(s.p.running().shutdown()->delivered == 6);
}

TEST_CASE("a handle that outlives its system keeps nothing open, and says that it is over", "[e2e][serve]") {
  http_server destination;
  std::optional<server> http;
  std::optional<raw_connection> listener_of_events;
  {
    const served s{to_plain(destination)};
    http = s.http;
    CHECK(http->is_alive(20s));
    listener_of_events.emplace(http->url()).send("GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(listener_of_events->until("event: status\n").starts_with("HTTP/1.1 200 "));
  }
  listener_of_events->rest(); // until the end of the connection
  const auto again = listener::open(*parse_listen_address(http->url().substr(std::string{"http://"}.size())));
  CHECK(again);
  CHECK(!http->is_alive(20s));
  const auto read = http->read_keys_again();
  REQUIRE(!read);
  CHECK(read.error().code == errc::closed);
}

TEST_CASE("a Redis that does not answer holds up neither /readyz nor the end", "[e2e][serve]") {
  using clock = std::chrono::steady_clock;
  http_server destination;
  redis_server redis;
  auto o = to_plain(destination);
  o.persistence = redis.url();
  o.redis.connect = o.redis.command = 20s;
  served s{o};
  const auto is_ready = [&] { return status_in(s.says(get("/readyz"))) == 200; };
  if (GENERATE(true, false)) // else nobody has looked before it stops
    CHECK(eventually(is_ready));
  redis.pause();
  const auto looks = [&] {
    const auto begun = clock::now();
    const auto said = s.says(get("/readyz"));
    CHECK(clock::now() - begun <= 2s);
    REQUIRE(status_in(said) == 503);
    CHECK(body_in(said)["reasons"][0].get<std::string>().starts_with("the store does not answer: "));
  };
  for (int i = 0; i < 4; ++i)
    looks();
  std::vector<raw_connection> many;
  for (int i = 0; i < 20; ++i)
    many.emplace_back(s.http->url()).send(get(i % 2 == 0 ? "/readyz" : "/metrics"));
  looks();
  for (const auto& m : many)
    CHECK(status_in(m.rest()) != 0);
  redis.resume();
  CHECK(eventually(is_ready));
  redis.pause();
  std::vector<raw_connection> waiting;
  for (int i = 0; i < 40; ++i)
    waiting.emplace_back(s.http->url())
        .send("GET /api/dead/b-" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto begun = clock::now();
  s.p.running().shutdown(10ms);
  CHECK(clock::now() - begun <= 6s); // store, look and open requests may have a second each
}

TEST_CASE("a service manager passes the socket, and hears of the start, of life, and of the end", "[e2e][serve]") {
  http_server destination;
  const command_queue queue{"", {"--url", destination.url()}};
  const auto path = queue.folder().path() + "/notice";
  const notice_socket manager{path};
  const auto socket = listener::open(*parse_listen_address("127.0.0.1:0"));
  REQUIRE(socket);
  // The shell gives the socket the number that it must have, and itself as the process that it is for.
  std::vector<std::string> words{"/bin/bash", "-c",
                                 "exec 3<&" + std::to_string(socket->descriptor()) +
                                     "; export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$@\"",
                                 "manager"};
  const auto command = queue.words({"serve", "--listen", "127.0.0.1:1"});
  words.insert(words.end(), command.begin(), command.end());
  ::fcntl(socket->descriptor(), F_SETFD, 0);
  process child{words, "", {"SLUICE_WRITE_KEY=k", "NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=200000"}};
  ::fcntl(socket->descriptor(), F_SETFD, FD_CLOEXEC);
  CHECK(manager.next() == "READY=1");
  CHECK(manager.next() == "WATCHDOG=1");
  CHECK(manager.next() == "WATCHDOG=1");
  const auto url = url_of(socket->address(), false);
  CHECK(child.wait_for_line("listening on ") == url);
  CHECK(status_in(raw_exchange(url, request_to("/v1/batch", batch_of("a", 2)))) == 200);
  child.signal(SIGTERM);
  CHECK(manager.next_other_than("WATCHDOG=1") == "STOPPING=1");
  CHECK(child.wait().status == 0);
}
