#include "support/catch.hpp"

#include "cli/sink/faults/reader.hpp"
#include "support/process.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

read_faults parse_rule(const std::string& rule) {
  return parse_faults("{\"faults\":[" + rule + "]}");
}

// The only rule of a script that is right.
fault_rule good(const std::string& rule) {
  const auto script = parse_rule(rule);
  INFO(rule << (script.errors.empty() ? "" : ": " + to_string(script.errors.front())));
  REQUIRE(script.errors.empty());
  REQUIRE(script.rules.size() == 1);
  return script.rules.front();
}

// The members that are wrong with a rule.
std::vector<std::string> wrong(const std::string& rule) {
  std::vector<std::string> fields;
  for (const auto& e : parse_rule(rule).errors)
    fields.push_back(e.field);
  return fields;
}

// One member is wrong, and the words say what was expected.
void expects(const std::string& rule, const std::string& member, const std::string& words) {
  const auto script = parse_rule(rule);
  INFO(rule);
  REQUIRE(script.errors.size() == 1);
  INFO(to_string(script.errors[0]));
  CHECK(script.errors[0].field == "faults[0]" + (member.empty() ? "" : "." + member));
  CHECK(script.errors[0].message.find(words) != std::string::npos);
}

// What stands between lines of ```json and ```.
std::vector<std::string> json_blocks(const std::string& page) {
  const std::string begin = "```json\n", end = "```";
  std::vector<std::string> blocks;
  for (auto at = page.find(begin); at != std::string::npos; at = page.find(begin, at)) {
    at += begin.size();
    blocks.push_back(page.substr(at, page.find(end, at) - at));
  }
  return blocks;
}

} // namespace

TEST_CASE("every member of a rule is read", "[cli][script]") {
  const auto r = good(R"({"requests":"5-10","rate":0.2,"after_ms":1000,"until_ms":3000,"status":503,
                          "headers":{"Retry-After":"2"},"latency_ms":100,"cut":"inside","slow_body_ms":50,
                          "body_bytes":100})");
  CHECK(r.when.first == 5);
  CHECK(r.when.last == 10);
  CHECK(r.when.rate == 0.2);
  CHECK(r.when.after == 1s);
  CHECK(r.when.until == 3s);
  CHECK(r.effect.status == 503);
  CHECK(r.effect.headers == std::vector<std::pair<std::string, std::string>>{{"Retry-After", "2"}});
  CHECK(r.effect.latency == 100ms);
  CHECK(r.effect.cut == fault_cut::inside);
  CHECK(r.effect.slow_body == 50ms);
  CHECK(r.effect.body_bytes == 100);
  CHECK(!r.effect.garbage);
  CHECK(!r.cuts_handshake);
  CHECK(good(R"({"garbage":true})").effect.garbage);
  CHECK(good(R"({"cut":"before"})").effect.cut == fault_cut::before);
  CHECK(good(R"({"cut":"after","status":500})").effect.cut == fault_cut::after);
  CHECK(good(R"({"tls":"cut","rate":0.5,"until_ms":10})").cuts_handshake);
}

TEST_CASE("requests are a number, a range, or all from one on", "[cli][script]") {
  const auto range = [](const std::string& text) {
    const auto r = good(R"({"garbage":true,"requests":)" + text + "}");
    return std::pair{r.when.first, r.when.last};
  };
  CHECK(range("7") == std::pair<std::uint64_t, std::uint64_t>{7, 7});
  CHECK(range("\"7\"") == std::pair<std::uint64_t, std::uint64_t>{7, 7});
  CHECK(range("\"7-9\"") == std::pair<std::uint64_t, std::uint64_t>{7, 9});
  CHECK(range("\"7-\"") == std::pair<std::uint64_t, std::uint64_t>{7, fault_selector{}.last});
  for (const char* bad : {"0", "-1", "1.5", "true", "[1]", "\"\"", "\"-\"", "\"-5\"", "\"9-7\"", "\"0-7\"", "\"7-9x\"",
                          "\"7 - 9\"", "\"99999999999999999999\""})
    expects(R"({"garbage":true,"requests":)" + std::string{bad} + "}", "requests", "like \"5-10\"");
}

TEST_CASE("what is wrong with a member is said, with what was expected", "[cli][script]") {
  expects("7", "", "an object");
  expects("{}", "", "an effect was expected: one or more of status, headers");
  expects(R"({"requests":1,"rate":0.5})", "", "an effect was expected");
  expects(R"({"status":503,"colour":"red"})", "colour", "one of the members requests, rate");
  expects(R"({"status":503,"\u001b":1})", "?", "one of the members");
  expects(R"({"status":503,"rate":1.01})", "rate", "from 0 to 1");
  expects(R"({"status":503,"rate":-0.01})", "rate", "from 0 to 1");
  expects(R"({"status":503,"rate":"0.5"})", "rate", "from 0 to 1");
  expects(R"({"status":503,"after_ms":-1})", "after_ms", "from 0 to");
  expects(R"({"status":503,"until_ms":1.5})", "until_ms", "a whole number");
  expects(R"({"status":503,"after_ms":5,"until_ms":5})", "until_ms", "more than after_ms");
  expects(R"({"status":199})", "status", "from 200 to 599");
  expects(R"({"status":600})", "status", "from 200 to 599");
  expects(R"({"status":18446744073709551615})", "status", "from 200 to 599");
  expects(R"({"latency_ms":600001})", "latency_ms", "from 0 to 600000");
  expects(R"({"slow_body_ms":0})", "slow_body_ms", "from 1 to");
  expects(R"({"body_bytes":1048577})", "body_bytes", "from 1 to 1048576");
  expects(R"({"garbage":false})", "garbage", "true");
  expects(R"({"cut":"later"})", "cut", "\"before\", \"inside\" or \"after\"");
  expects(R"({"cut":1})", "cut", "\"before\"");
  expects(R"({"tls":true})", "tls", "\"cut\"");
  expects(R"({"headers":{}})", "headers", "1 to 32");
  expects(R"({"headers":["a"]})", "headers", "an object");
  expects(R"({"headers":{"Retry-After":2}})", "headers.Retry-After", "a string");
  expects(R"({"headers":{"a b":"c"}})", "headers.a b", "a header's name");
  expects(R"({"headers":{"a":"b\r\nc: d"}})", "headers.a", "visible ASCII");
}

TEST_CASE("effects that cannot be seen beside another are refused", "[cli][script]") {
  using list = std::vector<std::string>;
  CHECK(wrong(R"({"cut":"before","status":200})") == list{"faults[0].status"});
  CHECK(wrong(R"({"cut":"after","headers":{"a":"b"},"body_bytes":5})") ==
        list{"faults[0].headers", "faults[0].body_bytes"});
  CHECK(wrong(R"({"garbage":true,"slow_body_ms":5,"body_bytes":5})") ==
        list{"faults[0].slow_body_ms", "faults[0].body_bytes"});
  CHECK(wrong(R"({"tls":"cut","requests":5,"latency_ms":5})") == list{"faults[0].requests", "faults[0].latency_ms"});
}

TEST_CASE("everything that is wrong with a script is said at once, by rule", "[cli][script]") {
  const auto script =
      parse_faults(R"({"faults":[{"status":1,"rate":2},{"status":503},{},{"headers":{"a":1},"cut":"never"}]})");
  std::vector<std::string> fields;
  for (const auto& e : script.errors)
    fields.push_back(e.field);
  CHECK(fields == std::vector<std::string>{"faults[0].rate", "faults[0].status", "faults[2]", "faults[3].cut",
                                           "faults[3].headers.a"});
}

TEST_CASE("a script is an object with a list of rules, and nothing else", "[cli][script]") {
  CHECK(parse_faults(R"({"faults":[]})").errors.empty());
  for (const char* bad : {"", "{", "[]", "7", "{}", R"({"faults":{}})", R"({"faults":[],"seed":1})"}) {
    INFO(bad);
    CHECK(parse_faults(bad).errors.size() == 1);
  }
}

TEST_CASE("a script has bounds: its size, its rules, the errors that are said", "[cli][script]") {
  const auto many = [](std::size_t rules, const std::string& rule) {
    std::string text = "{\"faults\":[" + rule;
    for (std::size_t i = 1; i < rules; ++i)
      text += "," + rule;
    return text + "]}";
  };
  CHECK(parse_faults(many(10'000, R"({"status":503})")).rules.size() == 10'000);
  const auto too_many = parse_faults(many(10'001, R"({"status":503})"));
  REQUIRE(too_many.errors.size() == 1);
  CHECK(too_many.errors[0].message.find("10000") != std::string::npos);
  CHECK(parse_faults(many(200, "{}")).errors.size() == 100);

  const std::string script = R"({"faults":[]})";
  temporary_folder folder;
  const auto of_size = [&](std::size_t bytes) {
    return load_faults(folder.write("script", script + std::string(bytes - script.size(), ' ')));
  };
  CHECK(of_size(1 << 20).errors.empty());
  REQUIRE(of_size((1 << 20) + 1).errors.size() == 1);
  CHECK(of_size((1 << 20) + 1).errors[0].code == errc::too_large);
}

TEST_CASE("a script that cannot be read is said to be so", "[cli][script]") {
  for (const char* path : {"/no/such/file", "/"}) {
    const auto script = load_faults(path);
    REQUIRE(script.errors.size() == 1);
    CHECK(script.errors[0].message.find("cannot be read") != std::string::npos);
  }
}

TEST_CASE("the scripts of the documentation and of the examples are right", "[cli][script]") {
  const std::string root = SLUICE_SOURCE_DIR;
  CHECK(load_faults(root + "/examples/data/faults.json").errors.empty());
  const auto blocks = json_blocks(read_file(root + "/docs/fault-laboratory.md"));
  CHECK(blocks.size() >= 4);
  for (const auto& block : blocks) {
    const auto script = parse_faults(block);
    INFO(block << (script.errors.empty() ? "" : to_string(script.errors.front())));
    CHECK(script.errors.empty());
    CHECK(!script.rules.empty());
  }
}
