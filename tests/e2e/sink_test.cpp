#include "support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <future>
#include <set>

#include <nlohmann/json.hpp>

#include "support/certificates.hpp"
#include "support/command_queue.hpp"
#include "support/pipeline.hpp"
#include "support/process.hpp"
#include "support/raw_http.hpp"
#include "transport/http_transport.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;
using nlohmann::json;
using std::chrono::steady_clock;

namespace {

// `sluice sink` on a free port, perhaps with a script.
class running_sink {
public:
  explicit running_sink(const std::string& script = "", const std::vector<std::string>& more = {})
      : sink_{words(script, more)}, url_{sink_.wait_for_line("listening on ")} {}

  const std::string& url() const { return url_; }

  process_result end() {
    sink_.signal(SIGTERM);
    return sink_.wait();
  }
  json verdict() {
    const auto done = end();
    INFO(done.err);
    CHECK(done.status == 0);
    return last_json(done.out);
  }

private:
  std::vector<std::string> words(const std::string& script, const std::vector<std::string>& more) const {
    std::vector<std::string> all{SLUICE_COMMAND_PATH, "sink", "--port", "0", "--json"};
    if (!script.empty())
      all.insert(all.end(), {"--script", folder_.write("script", script)});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  temporary_folder folder_;
  process sink_;
  std::string url_;
};

// Sends numbered events from memory, in batches of ten, one after the other.
process_result send_events(const std::string& url, int count, const std::vector<std::string>& environment = {}) {
  auto all = environment;
  all.emplace_back("SLUICE_WRITE_KEY=k");
  return run({SLUICE_COMMAND_PATH, "send", "-", "--url", url, "--store", "memory", "--json", "--flush-at", "10",
              "--max-in-flight", "1"},
             numbered_events("e", count), all);
}

void check_all_delivered(const process_result& sent, int count) {
  INFO(sent.out << sent.err);
  CHECK(sent.status == 0);
  const auto ledger = last_json(sent.out);
  CHECK(ledger["delivered"] == count);
  CHECK(ledger["lost"] == 0);
}

std::string status_line(const std::string& reply) {
  return reply.substr(0, reply.find("\r\n"));
}

// One request over TLS.
delivery_response send_tls(const std::string& url, const std::string& ca_file) {
  http_settings s{.to = *parse_endpoint(url, true), .write_key = "k"};
  s.http.ca_file = ca_file;
  http_transport transport{s};
  const auto body = batch_body({"m"});
  std::promise<delivery_response> promise;
  transport.send({.batch_id = "b", .head = body, .gzip = false},
                 [&](const delivery_response& r) { promise.set_value(r); });
  return promise.get_future().get();
}

std::string refused(const std::vector<std::string>& more) {
  std::vector<std::string> words{SLUICE_COMMAND_PATH, "sink", "--port", "0"};
  words.insert(words.end(), more.begin(), more.end());
  const auto done = run(words);
  CHECK(done.status == 2);
  CHECK(done.out.empty());
  return done.err;
}

} // namespace

TEST_CASE("the sink takes what is sent, records it, fails as asked and says so at its end", "[e2e][sink]") {
  temporary_folder folder;
  const auto record = folder.path() + "/record";
  process sink{{SLUICE_COMMAND_PATH, "sink", "--port", "0", "--record", record, "--fail-rate", "0.3", "--seed", "5"}};
  check_all_delivered(send_events(sink.wait_for_line("listening on "), 500), 500);
  sink.signal(SIGTERM);
  const auto done = sink.wait();
  CHECK(done.status == 0);
  const auto verdict = lines_of(done.out).back();
  INFO(verdict);
  CHECK(verdict.find(", received 500, unique 500, duplicates 0, out of order ") != std::string::npos);
  CHECK(verdict.find("failed 0,") == std::string::npos);
  CHECK(verdict.find("broken 0") != std::string::npos);
  std::set<std::string> ids;
  for (const auto& line : lines_of(read_file(record)))
    ids.insert(line.substr(0, line.find(' ')));
  CHECK(ids.size() == 500);
}

TEST_CASE("a sink that cannot have its port or its record says so", "[e2e][sink]") {
  const running_sink first;
  const auto taken = run({SLUICE_COMMAND_PATH, "sink", "--port", first.url().substr(first.url().rfind(':') + 1)});
  CHECK(taken.status == 2);
  CHECK(taken.err.find("--port") != std::string::npos);
  CHECK(refused({"--record", "/no/such/folder/record"}).find("--record") != std::string::npos);
}

TEST_CASE("every fault of a script, as a client sees it", "[e2e][sink]") {
  running_sink sink{R"({"faults":[
    {"requests":1, "status":503, "headers":{"Retry-After":"2"}},
    {"requests":2, "cut":"before"},
    {"requests":3, "cut":"after"},
    {"requests":4, "cut":"inside", "body_bytes":1000},
    {"requests":5, "garbage":true},
    {"requests":6, "slow_body_ms":20, "body_bytes":6},
    {"requests":7, "latency_ms":100},
    {"requests":8, "body_bytes":100000}]})"};
  int number = 0;
  const auto next = [&] { return raw_exchange(sink.url(), batch_request({"m-" + std::to_string(++number)})); };

  const auto refusal = next();
  CHECK(status_line(refusal) == "HTTP/1.1 503 ");
  CHECK(refusal.find("\r\nRetry-After: 2\r\n") != std::string::npos);
  CHECK(next().empty());
  CHECK(next().empty());
  const auto half = next();
  CHECK(status_line(half) == "HTTP/1.1 200 ");
  CHECK(half.size() > 400);
  CHECK(half.size() < 700);
  const auto garbage = next();
  CHECK(!garbage.empty());
  CHECK(garbage.find("HTTP/1.1") == std::string::npos);
  auto begin = steady_clock::now();
  const auto slow = next();
  CHECK(steady_clock::now() - begin >= 120ms);
  CHECK(slow.substr(slow.find("\r\n\r\n")) == "\r\n\r\n{}    ");
  begin = steady_clock::now();
  CHECK(status_line(next()) == "HTTP/1.1 200 ");
  CHECK(steady_clock::now() - begin >= 100ms);
  CHECK(next().size() > 100'000);
  CHECK(status_line(next()) == "HTTP/1.1 200 ");

  const auto verdict = sink.verdict();
  CHECK(verdict["requests"] == 9);
  CHECK(verdict["received"] == 7); // all but the first two
  CHECK(verdict["unique"] == 7);
  CHECK(verdict["failed"] == 2);
  CHECK(verdict["broken"] == 0);
}

TEST_CASE("a connection serves one request after another", "[e2e][sink]") {
  running_sink sink{R"({"faults":[{"requests":1, "status":201}, {"requests":2, "slow_body_ms":1}]})"};
  const auto replies =
      raw_exchange(sink.url(), batch_request({"a"}, true) + batch_request({"b"}, true) + batch_request({"c"}, false));
  CHECK(status_line(replies) == "HTTP/1.1 201 ");
  const auto second = replies.find("HTTP/1.1 200 ");
  CHECK(second != std::string::npos);
  CHECK(replies.find("HTTP/1.1 200 ", second + 1) != std::string::npos);
  CHECK(sink.verdict()["unique"] == 3);
}

TEST_CASE("the clock of a script runs", "[e2e][sink]") {
  running_sink sink{R"({"faults":[{"after_ms":300, "status":418}]})"};
  const auto status = [&] { return status_line(raw_exchange(sink.url(), batch_request({"m"}))); };
  CHECK(eventually([&] { return status() == "HTTP/1.1 418 "; }));
}

TEST_CASE("what is sent through a script of faults arrives, and the verdict says how", "[e2e][sink]") {
  running_sink sink{R"({"faults":[
    {"requests":1, "cut":"before"},
    {"requests":2, "cut":"after"},
    {"requests":3, "status":503, "headers":{"Retry-After":"1"}},
    {"requests":4, "garbage":true},
    {"requests":6, "cut":"after"},
    {"requests":8, "cut":"inside"}]})"};
  check_all_delivered(send_events(sink.url(), 100), 100);
  const auto verdict = sink.verdict();
  INFO(verdict);
  CHECK(verdict["unique"] == 100);
  // Three times it took ten events, and did not say so; an answer that is cut inside may have been understood.
  CHECK(verdict["duplicates"] >= 30);
  CHECK(verdict["received"] == 100 + verdict["duplicates"].get<int>());
  CHECK(verdict["out_of_order"] == 0); // with one delivery at a time a retry holds the line
  CHECK(verdict["failed"] == 2);
  CHECK(verdict["broken"] == 0);
}

TEST_CASE("the same seed gives the same verdict", "[e2e][sink]") {
  const auto verdict = [](const std::string& seed) {
    running_sink sink{R"({"faults":[{"rate":0.2, "status":503}, {"rate":0.2, "cut":"after"}]})", {"--seed", seed}};
    std::string heard;
    for (int i = 0; i < 100; ++i) {
      const auto reply = raw_exchange(sink.url(), batch_request({"m-" + std::to_string(i)}));
      heard += reply.empty() ? "-" : reply.substr(9, 1);
    }
    return heard + sink.verdict().dump();
  };
  const auto first = verdict("3");
  CHECK(first.substr(0, 100).find('5') != std::string::npos);
  CHECK(first.substr(0, 100).find('-') != std::string::npos);
  CHECK(verdict("3") == first);
  CHECK(verdict("4") != first);
}

TEST_CASE("the options are rules behind those of the script", "[e2e][sink]") {
  running_sink sink{R"({"faults":[{"requests":2, "status":201}]})", {"--status", "401", "--latency", "50"}};
  const auto begin = steady_clock::now();
  CHECK(status_line(raw_exchange(sink.url(), batch_request({"m"}))) == "HTTP/1.1 401 ");
  CHECK(steady_clock::now() - begin >= 50ms);
  CHECK(status_line(raw_exchange(sink.url(), batch_request({"m"}))) == "HTTP/1.1 201 ");
  CHECK(status_line(raw_exchange(sink.url(), batch_request({"m"}))) == "HTTP/1.1 401 ");
}

TEST_CASE("a sink with a certificate speaks https, to those who trust it", "[e2e][sink][tls]") {
  authority trusted;
  const auto identity = trusted.issue("localhost");
  running_sink sink{"", {"--tls-cert", identity.certificate, "--tls-key", identity.key}};
  CHECK(sink.url().find("https://localhost:") == 0);
  check_all_delivered(send_events(sink.url(), 50, {"SSL_CERT_FILE=" + trusted.certificate_file()}), 50);
  const authority unknown;
  CHECK(send_tls(sink.url(), unknown.certificate_file()).failure == transport_failure::tls);
  CHECK(raw_exchange(sink.url(), batch_request({"m"})).find("HTTP/1.1") == std::string::npos);
  CHECK(sink.verdict()["unique"] == 50);
}

TEST_CASE("handshakes are cut as a script says", "[e2e][sink][tls]") {
  authority trusted;
  const auto identity = trusted.issue("localhost");
  const std::vector<std::string> tls{"--tls-cert", identity.certificate, "--tls-key", identity.key};
  const auto successes = [&](const std::string& rate) {
    running_sink sink{R"({"faults":[{"tls":"cut", "rate":)" + rate + "}]}", tls};
    int taken = 0;
    for (int i = 0; i < 20; ++i) {
      const auto r = send_tls(sink.url(), trusted.certificate_file());
      CHECK((r.status == 200 || r.failure == transport_failure::tls));
      taken += r.status == 200 ? 1 : 0;
    }
    CHECK(sink.verdict()["requests"] == taken);
    return taken;
  };
  CHECK(successes("1") == 0);
  const auto half = successes("0.5");
  CHECK(half > 0);
  CHECK(half < 20);
  CHECK(successes("0.5") == half);
}

TEST_CASE("everything that is wrong with a script is said before anything starts", "[e2e][sink][bad input]") {
  temporary_folder folder;
  const auto script = folder.write("script", R"({"faults":[{"rate":2,"status":503},{},{"cut":"inside"}]})");
  const auto why = refused({"--script", script});
  CHECK(lines_of(why).size() == 2);
  CHECK(why.find("sluice sink: --script " + script + ": faults[0].rate: a number from 0 to 1") == 0);
  CHECK(why.find("faults[1]: an effect was expected") != std::string::npos);
  CHECK(refused({"--script", "/no/such/file"}).find("--script /no/such/file: cannot be read") != std::string::npos);
}

TEST_CASE("a certificate needs its key, and a rule about TLS needs both", "[e2e][sink][bad input]") {
  authority some;
  const auto one = some.issue("localhost"), other = some.issue("other");
  CHECK(refused({"--tls-cert", one.certificate}).find("--tls-key: is missing") != std::string::npos);
  CHECK(refused({"--tls-key", one.key}).find("--tls-cert: is missing") != std::string::npos);
  CHECK(refused({"--tls-cert", one.key, "--tls-key", one.key}).find("--tls-cert: " + one.key) != std::string::npos);
  CHECK(refused({"--tls-cert", one.certificate, "--tls-key", other.key}).find("--tls-key: " + other.key) !=
        std::string::npos);
  temporary_folder folder;
  const auto script = folder.write("script", R"({"faults":[{"status":200},{"tls":"cut"}]})");
  CHECK(refused({"--script", script}).find("faults[1].tls: --tls-cert and --tls-key were expected") !=
        std::string::npos);
}

TEST_CASE("a sink that is out of descriptors says so once, and goes on when there are some", "[e2e][sink]") {
  process sink{{"/bin/bash", "-c", "ulimit -n 24; exec \"$@\"", "limited", SLUICE_COMMAND_PATH, "sink", "--port", "0"}};
  const auto url = sink.wait_for_line("listening on ");
  {
    std::vector<raw_connection> many;
    for (int i = 0; i < 40; ++i)
      many.emplace_back(url);
    sink.wait_for_error("cannot accept connections: Too many open files");
  }
  CHECK(eventually([&] { return status_line(raw_exchange(url, batch_request({"m"}))) == "HTTP/1.1 200 "; }));
  sink.signal(SIGTERM);
  const auto said = lines_of(sink.wait().err); // sanitizers that need descriptors may have words of their own
  CHECK(std::count_if(said.begin(), said.end(), [](const auto& line) { return line.starts_with("sluice sink: "); }) ==
        1);
}

TEST_CASE("a sink that is stopped does not wait for replies that are far off", "[e2e][sink]") {
  temporary_folder folder;
  const auto record = folder.path() + "/record";
  running_sink sink{R"({"faults":[{"requests":1, "latency_ms":60000}, {"slow_body_ms":60000}]})", {"--record", record}};
  const raw_connection one{sink.url()}, other{sink.url()};
  one.send(batch_request({"a"}));
  other.send(batch_request({"b"}));
  REQUIRE(eventually([&] { return lines_of(read_file(record)).size() == 2; }));
  const auto begin = steady_clock::now();
  CHECK(sink.verdict()["unique"] == 2);
  CHECK(steady_clock::now() - begin < 10s);
  const auto heads = one.rest() + other.rest();
  CHECK(status_line(heads) == "HTTP/1.1 200 ");
  CHECK(heads.find("{}") == std::string::npos);
}

TEST_CASE("a body that inflates beyond the bound is answered with 413", "[e2e][sink]") {
  running_sink sink;
  const auto body =
      *payload_sealer{}.seal(std::string(std::size_t{5} << 20, ' '), true, std::chrono::system_clock::now());
  CHECK(body.size() < 50'000);
  const auto head =
      "POST /v1/batch HTTP/1.1\r\nHost: h\r\nAuthorization: Basic azo=\r\nContent-Type: application/json\r\n"
      "Content-Encoding: gzip\r\nUser-Agent: t\r\nIdempotency-Key: b\r\nConnection: close\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n";
  CHECK(status_line(raw_exchange(sink.url(), head + body)) == "HTTP/1.1 413 ");
}
