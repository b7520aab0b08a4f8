#include "support/catch.hpp"

#include <atomic>
#include <csignal>
#include <set>

#include <nlohmann/json.hpp>

#include "support/gunzip.hpp"
#include "support/http_server.hpp"
#include "support/pipeline.hpp"
#include "support/process.hpp"

using namespace sluice::test;
using nlohmann::json;

namespace {

const std::string command = SLUICE_COMMAND_PATH;
const std::string good = R"({"type":"track","userId":"u","event":"e"})";

std::vector<std::string> send_to(const std::string& url, const std::string& file,
                                 const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{command, "send", file, "--url", url, "--json"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Sends text through standard input to a server that answers 200, with the write key `k`.
process_result send_text(const std::string& text, const std::vector<std::string>& more = {}) {
  temporary_folder folder;
  http_server server;
  return run(send_to(server.url(), folder.write("events", text), more), "", {"SLUICE_WRITE_KEY=k"});
}

// A command line that is wrong: nothing is sent, and the text says why.
std::string refused_usage(const std::vector<std::string>& words) {
  const auto done = run(words, "", {"SLUICE_WRITE_KEY=k"});
  CHECK(done.status == 2);
  CHECK(done.out == "");
  return done.err;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    all.push_back(line);
  return all;
}

json ledger_of(const process_result& r) {
  const auto all = lines(r.out);
  REQUIRE(!all.empty());
  auto ledger = json::parse(all.back());
  CHECK(ledger["read"] == ledger["accepted"].get<int>() + ledger["rejected"].get<int>());
  CHECK(ledger["accepted"] == ledger["delivered"].get<int>() + ledger["dead"].get<int>() +
                                  ledger["waiting"].get<int>() + ledger["lost"].get<int>());
  return ledger;
}

// One bad line among two good ones: it alone is rejected, by number, and the text says why.
void refuses_line(const std::string& bad, const std::string& because) {
  const auto done = send_text(good + "\n" + bad + "\n" + good + "\n");
  CHECK(done.status == 4);
  const auto ledger = ledger_of(done);
  CHECK(ledger["read"] == 3);
  CHECK(ledger["rejected"] == 1);
  CHECK(ledger["delivered"] == 2);
  INFO(done.err.substr(0, 500));
  const auto at = ("\n" + done.err).find("\nsluice send: line 2: "); // the library may have logged it before
  REQUIRE(at != std::string::npos);
  CHECK(done.err.substr(at, done.err.find('\n', at) - at).find(because) != std::string::npos);
}

} // namespace

TEST_CASE("all the example events reach a server, each valid under the contract", "[e2e][command]") {
  http_server server;
  const auto file = std::string{SLUICE_SOURCE_DIR} + "/examples/data/events.ndjson";
  const auto done = run(send_to(server.url(), file, {"--write-key", "k"}));
  CHECK(done.status == 0);
  CHECK(ledger_of(done)["delivered"] == 185);
  std::size_t events = 0;
  for (const auto& r : server.requests()) {
    CHECK(r.method == "POST");
    CHECK(r.target == "/v1/batch");
    CHECK(r.headers.at("authorization") == "Basic azo=");
    CHECK(r.headers.at("content-type") == "application/json");
    CHECK(r.headers.at("content-encoding") == "gzip");
    CHECK(!r.headers.at("idempotency-key").empty());
    const auto body = json::parse(gunzip(r.body));
    CHECK(body.at("sentAt").get<std::string>().size() == 24);
    for (const auto& e : body.at("batch")) {
      ++events;
      CHECK(std::set<std::string>{"track", "identify", "page", "screen", "group", "alias"}.count(e.at("type")));
      CHECK(!e.at("messageId").get<std::string>().empty());
      CHECK(e.at("channel") == "server");
      CHECK(e.at("originalTimestamp").get<std::string>().size() == 24);
      CHECK(e.at("context").contains("library"));
    }
  }
  CHECK(events == 185);
}

TEST_CASE("what is JSON in a line is sent as it was written", "[e2e][command]") {
  http_server server;
  const std::string line =
      R"({"type": "track", "userId": 7, "event": "e", "properties": {"price": 1.10, "a": [1e2]} })";
  CHECK(run(send_to(server.url(), "-", {"--no-gzip", "--write-key", "k"}), line + "\r\n" + line).status == 0);
  const auto body = server.requests().at(0).body;
  CHECK(json::parse(body).at("batch").size() == 2);
  CHECK(body.find(R"("userId":"7","event":"e","properties":{"price":1.10,"a":[1e2]},"context":{"library")") !=
        body.npos);
}

TEST_CASE("bodies go uncompressed if that is asked for", "[e2e][command]") {
  http_server server;
  CHECK(run(send_to(server.url(), "-", {"--no-gzip", "--write-key", "k"}), good).status == 0);
  CHECK(server.requests().at(0).headers.count("content-encoding") == 0);
  CHECK(json::parse(server.requests().at(0).body).at("batch").size() == 1);
}

TEST_CASE("a line without an id is rejected", "[e2e][bad input]") {
  refuses_line(R"({"type":"track","event":"e"})", "userId");
}

TEST_CASE("a track with an empty event is rejected", "[e2e][bad input]") {
  refuses_line(R"({"type":"track","userId":"u","event":""})", "event");
}

TEST_CASE("a track without an event is rejected", "[e2e][bad input]") {
  refuses_line(R"({"type":"track","userId":"u"})", "event");
}

TEST_CASE("properties that are an array are rejected", "[e2e][bad input]") {
  refuses_line(R"({"type":"track","userId":"u","event":"e","properties":[1]})", "properties");
}

TEST_CASE("NaN is no JSON, and rejected", "[e2e][bad input]") {
  refuses_line(R"({"type":"track","userId":"u","event":"e","properties":{"x":NaN}})", "JSON");
}

TEST_CASE("invalid UTF-8 is rejected", "[e2e][bad input]") {
  refuses_line("{\"type\":\"track\",\"userId\":\"u\",\"event\":\"\xc3\x28\"}", "UTF-8");
}

TEST_CASE("a date that is none is rejected", "[e2e][bad input]") {
  refuses_line(R"({"type":"track","userId":"u","event":"e","timestamp":"soon"})", "timestamp");
}

TEST_CASE("an event of 33 KiB is rejected", "[e2e][bad input]") {
  refuses_line(R"({"type":"track","userId":"u","event":"e","properties":{"x":")" + std::string(33 * 1024, 'x') + "\"}}",
               "32768");
}

TEST_CASE("a line that is no JSON is rejected", "[e2e][bad input]") {
  refuses_line("hello", "JSON");
  refuses_line("[]", "object");
}

TEST_CASE("a line of 10 MiB is refused", "[e2e][bad input]") {
  refuses_line(R"({"type":"track","userId":"u","event":")" + std::string(10 << 20, 'x') + "\"}", "1048576");
}

TEST_CASE("a line with a NUL byte is rejected, with the event behind it", "[e2e][bad input]") {
  refuses_line(good + std::string(1, '\0') + good, "NUL");
}

TEST_CASE("a number that would lose digits is rejected by the name of its field", "[e2e][bad input]") {
  const auto with = [](const std::string& n) {
    return R"({"type":"track","userId":"u","event":"e","properties":{"a":{"x":)" + n + "}}}";
  };
  refuses_line(with("12345678901234567890123"),
               "properties.a.x: the number 12345678901234567890123 does not fit; give it as a string");
  refuses_line(with("1e400"), "properties.a.x: the number 1e400 does not fit; give it as a string");
}

TEST_CASE("an unknown type is refused", "[e2e][bad input]") {
  refuses_line(R"({"type":"purchase","userId":"u"})", "type");
}

TEST_CASE("an empty file is read to its end, with nothing to do", "[e2e][bad input]") {
  const auto done = send_text("");
  CHECK(done.status == 0);
  CHECK(ledger_of(done)["read"] == 0);
}

TEST_CASE("empty lines are passed over, but counted as lines", "[e2e][bad input]") {
  const auto done = send_text("\n  \r\n" + good + "\nx\n");
  CHECK(ledger_of(done)["read"] == 2);
  CHECK(done.err.find("sluice send: line 4: ") == 0);
}

TEST_CASE("a directory as FILE is refused", "[e2e][bad input]") {
  temporary_folder folder;
  CHECK(refused_usage(send_to("http://127.0.0.1:1", folder.path())).find("is a directory") != std::string::npos);
}

TEST_CASE("a file that is not there is refused", "[e2e][bad input]") {
  CHECK(refused_usage(send_to("http://127.0.0.1:1", "/no/such/file")).find("/no/such/file") != std::string::npos);
}

TEST_CASE("a URL without a scheme is refused", "[e2e][bad input]") {
  const auto why = refused_usage(send_to("127.0.0.1:8080", "-"));
  CHECK(why.find("sluice send: --url: ") == 0);
  CHECK(why.find("scheme") != std::string::npos);
}

TEST_CASE("port 0 is refused", "[e2e][bad input]") {
  const auto why = refused_usage(send_to("http://127.0.0.1:0", "-"));
  CHECK(why.find("port from 1 to 65535") != std::string::npos);
}

TEST_CASE("a batch of 0 or -1 events (--flush-at) is refused", "[e2e][bad input]") {
  for (const char* wrong : {"0", "-1"}) {
    const auto why = refused_usage(send_to("http://127.0.0.1:1", "-", {"--flush-at", wrong}));
    INFO(why);
    CHECK(why == "sluice send: --flush-at: must be from 1 to 1000, not " + std::string{wrong} + "\n");
  }
}

TEST_CASE("everything that is wrong with the options is said at once", "[e2e][bad input]") {
  const auto why =
      refused_usage(send_to("nowhere", "-", {"--flush-at", "0", "--max-attempts", "0", "--max-in-flight", "5000"}));
  for (const char* name : {"--url: ", "--flush-at: ", "--max-attempts: ", "--max-in-flight: "})
    CHECK(why.find(name) != std::string::npos);
}

TEST_CASE("no key at all is refused, and a key is never printed", "[e2e][bad input]") {
  const auto none = run(send_to("http://127.0.0.1:1", "-"), "", {"SLUICE_WRITE_KEY="});
  CHECK(none.status == 2);
  CHECK(none.err == "sluice send: --write-key: is required\n");
  const auto wrong = run(send_to("nowhere", "-", {"--write-key", "s3cret\n"}));
  CHECK(wrong.status == 2);
  CHECK(wrong.err.find("s3cret") == std::string::npos);
}

TEST_CASE("receipts name every event that is stored, once", "[e2e][command]") {
  temporary_folder folder;
  std::string text, expected;
  for (int i = 0; i < 1'000; ++i) {
    text += R"({"type":"track","userId":"u","event":"e","messageId":"m)" + std::to_string(i) + "\"}\n";
    expected += "m" + std::to_string(i) + "\n";
  }
  const auto path = folder.write("receipts", "earlier\npart");
  CHECK(send_text(text, {"--receipts", path}).status == 0);
  CHECK(read_file(path) == "earlier\n" + expected);
}

TEST_CASE("after an outage the command says that deliveries succeed again, and what the last failure was",
          "[e2e][command]") {
  std::atomic<int> requests{0};
  http_server server{[&](const http_request&) { return http_reply{.status = ++requests == 1 ? 500 : 200}; }};
  process sender{send_to(server.url(), "-", {"--write-key", "k"})};
  sender.say(good);
  sender.wait_for_error("sluice send: deliveries succeed again; 1 attempt had failed");
  sender.end_input();
  const auto done = sender.wait();
  CHECK(done.status == 0);
  CHECK(ledger_of(done)["last_failure"].get<std::string>().find("500") != std::string::npos);
  CHECK(lines(done.err).back().find("last failure: ") == 0);
}

TEST_CASE("what the server refuses is dead, and the status says so", "[e2e][command]") {
  http_server server{[](const http_request&) { return http_reply{.status = 422, .body = "no"}; }};
  const auto done = run(send_to(server.url(), "-", {"--write-key", "k"}), good);
  CHECK(done.status == 5);
  CHECK(ledger_of(done)["dead"] == 1);
}

TEST_CASE("a signal ends the command in order, with a ledger", "[e2e][command]") {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    http_server server;
    process sender{send_to(server.url(), "-", {"--write-key", "k", "--flush-at", "1"})};
    sender.say(good); // its standard input stays open: it would wait for more, for ever
    REQUIRE(eventually([&] { return server.requests().size() == 1; }));
    sender.signal(number);
    const auto done = sender.wait();
    CHECK(done.status == 0);
    CHECK(ledger_of(done)["delivered"] == 1);
  }
}

TEST_CASE("a signal while the last deliveries hang makes an end of it, with a ledger", "[e2e][command]") {
  http_server silent{[](const http_request&) { return http_reply{.hang = true}; }};
  process sender{send_to(silent.url(), "-", {"--write-key", "k", "--drain-timeout", "86400"}), good};
  REQUIRE(eventually([&] { return silent.requests().size() == 1; }));
  sender.signal(SIGTERM);
  const auto done = sender.wait();
  CHECK(done.status == 6);
  CHECK(ledger_of(done)["waiting"] == 1);
}

TEST_CASE("receipts that cannot be written are a failure, said once", "[e2e][command]") {
  std::string text;
  for (int i = 0; i < 1'000; ++i)
    text += good + "\n";
  const auto done = send_text(text, {"--receipts", "/dev/full"});
  CHECK(done.status == 1);
  CHECK(ledger_of(done)["delivered"] == 1'000);
  CHECK(done.err.find("cannot write") == done.err.rfind("cannot write"));
}

TEST_CASE("a full buffer makes the command wait, not drop", "[e2e][command]") {
  std::string text;
  for (int i = 0; i < 25'000; ++i) // more than max_internal_queue_size
    text += good + "\n";
  const auto done = send_text(text);
  CHECK(done.status == 0);
  CHECK(ledger_of(done)["delivered"] == 25'000);
}

TEST_CASE("help has examples, for each command", "[e2e][command]") {
  for (const auto& words :
       {std::vector<std::string>{command, "--help"}, {command, "send", "--help"}, {command, "sink", "--help"}}) {
    const auto done = run(words);
    CHECK(done.status == 0);
    CHECK(done.out.find("xample") != std::string::npos);
  }
  CHECK(run({command}).status == 2);
  CHECK(run({command, "--nothing"}).status == 2);
}
