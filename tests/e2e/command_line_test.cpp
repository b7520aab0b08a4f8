#include "support/catch.hpp"

#include <csignal>
#include <map>

#include "support/certificates.hpp"
#include "support/command_queue.hpp"
#include "support/http_server.hpp"
#include "support/pipeline.hpp"
#include "support/redis_server.hpp"

using namespace sluice::test;
using nlohmann::json;

namespace {

const std::string program = SLUICE_COMMAND_PATH;

// Runs the command in a shell that sets something up first.
std::vector<std::string> after(const std::string& setup, std::vector<std::string> words) {
  words.insert(words.begin(), {"/bin/bash", "-c", setup + "; exec \"$@\"", "shell"});
  return words;
}

process_result call(std::vector<std::string> words, std::vector<std::string> environment = {},
                    const std::string& input = "") {
  words.insert(words.begin(), program);
  environment.insert(environment.begin(), "SLUICE_WRITE_KEY=k");
  return run(std::move(words), input, std::move(environment));
}

} // namespace

TEST_CASE("one mistake on the command line is one line, which names the command", "[e2e][usage]") {
  const auto one_line = [](const std::vector<std::string>& words) {
    const auto done = call(words);
    CHECK(done.status == 2);
    CHECK(done.out == "");
    CHECK(lines_of(done.err).size() == 1);
    return done.err;
  };
  CHECK(one_line({"send"}) == "sluice send: --url is required; see sluice send --help\n");
  CHECK(one_line({"run", "--lease", "soon", "--url", "http://127.0.0.1:1"})
            .find("sluice run: --lease: must be a duration") == 0);
  CHECK(one_line({"dead", "list", "--nothing"}).find("sluice dead list: ") == 0);
  CHECK(one_line({"dead", "list", "--older-than", "7"}).find("sluice dead list: --older-than: must be a duration") ==
        0);
  CHECK(one_line({}) == "sluice: A subcommand is required; see sluice --help\n");
  CHECK(one_line({"frobnicate"}) == "sluice: there is no command frobnicate; sluice --help lists them\n");
  CHECK(one_line({"frobnicate", "--url", "u"}) == "sluice: there is no command frobnicate; sluice --help lists them\n");
  CHECK(one_line({"dead", "lost"}) == "sluice dead: there is no command lost; sluice dead --help lists them\n");
  CHECK(one_line({"--nothing=secret"}) == "sluice: there is no option --nothing; sluice --help lists them\n");
  CHECK(one_line({"send", "\x1b[2J", "--url", "nowhere"}).find('\x1b') == std::string::npos);
}

TEST_CASE("output that cannot be written is an error", "[e2e][usage]") {
  command_queue q;
  http_server server;
  for (auto words : {q.words({"send", "-", "--url", server.url()}, {"--json"}),
                     q.words({"status"}),
                     std::vector<std::string>{program, "completion", "bash"},
                     {program, "--help"}}) {
    const auto done = run(after("exec >/dev/full", words), good_event, {"SLUICE_WRITE_KEY=k"});
    INFO(words[1]);
    CHECK(done.status == 1);
    CHECK(done.err.find(": the output could not be written") != std::string::npos);
  }
}

TEST_CASE("a reader of standard error that has gone ends nothing", "[e2e][usage]") {
  const temporary_folder folder;
  http_server server;
  const auto pipe = folder.path() + "/pipe";
  const auto setup = "mkfifo " + pipe + "; exec 3<>" + pipe + "; exec 2>" + pipe + "; exec 3>&-";
  const auto done = run(after(setup, {program, "send", "-", "--url", server.url(), "--json"}), "no JSON\n" + good_event,
                        {"SLUICE_WRITE_KEY=k"});
  CHECK(done.status == 4);
  CHECK(last_json(done.out)["delivered"] == 1);
}

TEST_CASE("a limit on the size of files ends nothing", "[e2e][usage]") {
  const temporary_folder folder;
  http_server server;
  const auto done = run(after("ulimit -S -f 1", {program, "send", "-", "--url", server.url(), "--store", "memory",
                                                 "--json", "--receipts", folder.path() + "/receipts"}),
                        numbered_events(std::string(100, 'i'), 50), {"SLUICE_WRITE_KEY=k"});
  INFO(done.err);
  CHECK(done.status == 1);
  CHECK(last_json(done.out)["delivered"] == 50);
  CHECK(done.err.find("receipts can no longer be written: File too large") != std::string::npos);
}

TEST_CASE("a hangup is ignored under nohup", "[e2e][usage]") {
  http_server server;
  process sender{after("trap '' HUP", {program, "send", "-", "--url", server.url(), "--json", "--flush-at", "1"}),
                 "",
                 {"SLUICE_WRITE_KEY=k"}};
  sender.say(good_event);
  REQUIRE(eventually([&] { return server.requests().size() == 1; }));
  sender.signal(SIGHUP);
  sender.say(good_event);
  REQUIRE(eventually([&] { return server.requests().size() == 2; }));
  sender.end_input();
  CHECK(sender.wait().status == 0);
}

TEST_CASE("a store that is misspelt or not there is refused with a hint", "[e2e][usage]") {
  const auto misspelt = call({"status", "--store", "q.db"});
  CHECK(misspelt.status == 2);
  CHECK(misspelt.err.find("sluice status: --store: must be memory, ") == 0);
  CHECK(misspelt.err.find("; did you mean sqlite:q.db?\n") != std::string::npos);
  for (const char* url : {"redis://:p@ss/w@h", "redis://user:p#w@h", "redis://:a/b@h/0"}) {
    const auto done = call({"status", "--store", url});
    CHECK(done.status == 2);
    CHECK(done.err.find("must be percent-encoded, as in p%40ss for p@ss") != std::string::npos);
  }
  for (const char* store :
       {"sqlite:/no/such/queue.db", "redis://127.0.0.1:1", "redis+unix:///no/such/socket", "memory"})
    for (const auto& words :
         {std::vector<std::string>{"status"}, {"pause"}, {"dead", "list"}, {"dead", "purge", "--all"}}) {
      auto all = words;
      all.insert(all.end(), {"--store", store});
      const auto done = call(all);
      INFO(store << ' ' << words[0] << ": " << done.err);
      CHECK(done.status == 2);
      CHECK(lines_of(done.err).size() == 1);
      CHECK(done.err.find(" (") == std::string::npos);
    }
}

TEST_CASE("the end of a line in a key file is not a part of the key", "[e2e][usage]") {
  const temporary_folder folder;
  http_server server;
  const auto key = folder.write("key", "k \t\r\n");
  CHECK(run({program, "send", "-", "--url", server.url(), "--write-key-file", key}, good_event).status == 0);
  CHECK(run({program, "send", "-", "--url", server.url()}, good_event, {"SLUICE_WRITE_KEY_FILE=" + key}).status == 0);
  CHECK(run({program, "send", "-", "--url", server.url(), "--write-key", "k"}, good_event,
            {"SLUICE_WRITE_KEY_FILE=/no/such/file"})
            .status == 0);
  REQUIRE(server.requests().size() == 3);
  for (const auto& r : server.requests())
    CHECK(r.headers.at("authorization") == "Basic azo=");
  CHECK(run({program, "send", "-", "--url", server.url(), "--write-key-file", folder.write("empty", " \r\n")}).status ==
        2);
}

TEST_CASE("a write key with a colon is refused", "[e2e][usage]") {
  const auto done = call({"send", "-", "--url", "http://127.0.0.1:1", "--write-key", "key:rest"});
  CHECK(done.status == 2);
  CHECK(done.err.find("sluice send: --write-key: must be") == 0);
  CHECK(done.err.find("rest") == std::string::npos);
}

TEST_CASE("a file of authorities is trusted, or refused if it cannot be read", "[e2e][usage]") {
  const authority trusted;
  const auto identity = trusted.issue("localhost");
  process sink{{program, "sink", "--port", "0", "--tls-cert", identity.certificate, "--tls-key", identity.key}};
  const auto url = sink.wait_for_line("listening on ");
  const auto send = [&](const std::string& file) {
    return call({"send", "-", "--url", url, "--store", "memory", "--ca-file", file}, {}, good_event);
  };
  CHECK(send(trusted.certificate_file()).status == 0);
  const auto missing = send("/no/such/file");
  CHECK(missing.status == 2);
  CHECK(missing.err.find("sluice send: --ca-file: must be a PEM file") == 0);
  CHECK(send(identity.key).status == 2);
}

TEST_CASE("durations have units, and options a variable of the environment", "[e2e][usage]") {
  http_server server;
  const auto done = call({"send", "--json", "--quiet", "--flush-interval", "10ms", "--drain-timeout", "1m", "--max-age",
                          "1h", "--connect-timeout", "2s", "--http-timeout", "30000", "--ordering", "strict"},
                         {"SLUICE_URL=" + server.url(), "SLUICE_STORE=memory", "SLUICE_MAX_BATCH_EVENTS=1",
                          "SLUICE_FLUSH_AT=1", "SLUICE_NO_GZIP=true"},
                         numbered_events("n", 3));
  INFO(done.err);
  CHECK(done.status == 0);
  CHECK(done.err == "");
  CHECK(lines_of(done.out).size() == 1);
  CHECK(last_json(done.out)["delivered"] == 3);
  CHECK(server.requests().size() == 3);
  CHECK(server.requests().at(0).headers.count("content-encoding") == 0);
  const auto wrong = call({"send", "--url", server.url()}, {"SLUICE_MAX_ATTEMPTS=0"}, good_event);
  CHECK(wrong.status == 2);
  CHECK(wrong.err.find("sluice send: --max-attempts: ") == 0);
  const auto over = call({"send", "--url", server.url(), "--max-attempts", "1"}, {"SLUICE_MAX_ATTEMPTS=0"}, good_event);
  CHECK(over.status == 0);
}

TEST_CASE("a batch is stored once as many replicas have it as the command line says", "[e2e][usage][redis]") {
  http_server server;
  redis_server redis;
  const auto send = [&](const char* patience) {
    return call({"send", "--url", server.url(), "--store", redis.url(), "--json", "--redis-ack", "memory",
                 "--wait-replicas", "1", "--redis-timeout", "400", "--drain-timeout", patience},
                {}, good_event);
  };
  const auto alone = send("1s");
  INFO(alone.err);
  CHECK(alone.status != 0);
  CHECK(alone.err.find("redis.wait_replicas: ") != std::string::npos);
  CHECK(server.requests().empty());
  redis.command({"FLUSHALL"}); // else `send` may end before what waits from the run before is delivered
  const redis_server replica{{"--replicaof", "127.0.0.1", std::to_string(redis.port())}};
  const auto done = send("30s");
  INFO(done.err);
  CHECK(done.status == 0);

  const auto refused = [&](const std::string& option, const std::string& value) {
    const auto wrong = call({"send", "--url", server.url(), option, value}, {}, good_event);
    CHECK(wrong.status == 2);
    INFO(wrong.err);
    CHECK(wrong.err.find("sluice send: " + option + ": ") == 0);
  };
  refused("--wait-replicas", "17");
  refused("--redis-timeout", "0");
  refused("--redis-ack", "disk");
}

TEST_CASE("an URL of http and one of https have queues of their own", "[e2e][usage]") {
  const temporary_folder folder;
  const auto queue = "sqlite:" + folder.path() + "/queue.db";
  const auto open = [&](const std::string& url) {
    return call({"run", "--until-empty", "--url", url, "--store", queue});
  };
  CHECK(open("https://127.0.0.1:1").status == 0);
  const auto other = open("http://127.0.0.1:1");
  CHECK(other.status == 2);
  CHECK(other.err.find("sluice run: ") == 0);
  CHECK(open("https://127.0.0.1:1").status == 0);
}

TEST_CASE("log lines are printed from a level on, as text or as JSON", "[e2e][usage]") {
  http_server server{[](const http_request&) { return http_reply{.status = 503}; }};
  const auto log_of = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"send", "-", "--url", server.url(), "--json", "--drain-timeout", "1"};
    words.insert(words.end(), more.begin(), more.end());
    const auto done = call(words, {}, good_event + "\nno JSON\n");
    CHECK(done.status == 4);
    CHECK(last_json(done.out)["waiting"] == 1);
    return done.err;
  };
  const auto all = log_of({});
  CHECK(all.find("sluice send: an attempt failed: ") != std::string::npos);
  CHECK(all.find("sluice send: 1 event waits in ") != std::string::npos);
  const auto warnings = log_of({"--log-level", "warning"});
  CHECK(warnings.find("an attempt failed: ") != std::string::npos);
  CHECK(warnings.find("1 event waits in ") == std::string::npos);
  const auto quiet = log_of({"--quiet", "--log-level", "debug"});
  CHECK(lines_of(quiet).size() == 1);
  CHECK(quiet.find("sluice send: line 2: ") == 0);

  std::map<std::string, std::string> levels;
  for (const auto& line : lines_of(log_of({"--log-format", "json"}))) {
    const auto entry = json::parse(line);
    const auto time = entry.at("time").get<std::string>();
    CHECK(time.size() == 24);
    CHECK(time.back() == 'Z');
    levels[entry.at("message").get<std::string>().substr(0, 7)] = entry.at("level").get<std::string>();
  }
  CHECK(levels["line 2:"] == "error");
  CHECK(levels["an atte"] == "warning");
  CHECK(levels["1 event"] == "info");
  CHECK(call({"send", "--url", "http://127.0.0.1:1", "--log-level", "chatty"}).status == 2);
}

TEST_CASE("a configuration file sets options, and the command line takes precedence", "[e2e][usage]") {
  const temporary_folder folder;
  http_server server;
  const auto file = folder.write("sluice.conf", "sluice {\n  write_key = \"k\"\n  data_plane_url = \"" + server.url() +
                                                    "\"\n  persistence = \"memory\"\n  gzip = false\n  flush_at = 1\n"
                                                    "  max_batch_events = 1\n  ordering = \"strict\"\n"
                                                    "  retry {\n    max_attempts = 3\n  }\n}\n");
  const auto send = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{program, "send", "-", "--json", "--config", file};
    words.insert(words.end(), more.begin(), more.end());
    return run(words, numbered_events("c", 3));
  };
  const auto done = send({});
  INFO(done.err);
  CHECK(done.status == 0);
  CHECK(server.requests().size() == 3);
  CHECK(server.requests().at(0).headers.count("content-encoding") == 0);
  CHECK(server.requests().at(0).headers.at("authorization") == "Basic azo=");
  http_server other;
  CHECK(send({"--url", other.url(), "--flush-at", "3", "--max-batch-events", "3"}).status == 0);
  CHECK(other.requests().size() == 1);
  CHECK(server.requests().size() == 3);

  const auto refused = [&](const std::string& path) {
    const auto wrong = run({program, "run", "--config", path});
    CHECK(wrong.status == 2);
    CHECK(wrong.out == "");
    CHECK(lines_of(wrong.err).size() == 1);
    INFO(wrong.err);
    CHECK(wrong.err.find("sluice run: --config: " + path + ": ") == 0);
    return wrong.err;
  };
  CHECK(refused("/no/such/file").find("cannot be read or is empty") != std::string::npos);
  CHECK(refused(folder.path()).find("cannot be read or is empty") != std::string::npos);
  CHECK(refused(folder.write("broken", "sluice { flush_at 1 }\n")).find("malformed") != std::string::npos);
  CHECK(refused(folder.write("unknown", "sluice { flush_att = 1 }\n")).find("sluice.flush_att unknown option") !=
        std::string::npos);
}
