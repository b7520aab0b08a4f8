#include "support/catch.hpp"

#include <fstream>
#include <functional>
#include <random>

#include "core/event/event_reader.hpp"
#include "support/command_queue.hpp"

using namespace sluice;
using namespace sluice::test;
using nlohmann::json;

namespace {

result<std::string> encoded(const event_view& e) {
  uuid_source ids{1};
  std::string out;
  auto id = encode(out, e, {.max_event_bytes = 1 << 20, .now = {}, .ids = ids});
  return id ? result<std::string>{out} : id.error();
}

// What is sent of a line by one reader, which was given other lines before.
result<std::string> sent(std::string_view line) {
  static event_reader reader;
  auto e = reader.read(line);
  return e ? encoded(*e) : e.error();
}

// What is sent of a line that is read into a tree.
result<std::string> sent_from_tree(std::string_view line) {
  const auto e = parse_event(line);
  if (!e)
    return e.error();
  return std::visit([](const auto& typed) { return encoded(view_of(typed)); }, *e);
}

void require_same(const std::string& line) {
  INFO(line);
  const auto found = sent(line), expected = sent_from_tree(line);
  REQUIRE(found.has_value() == expected.has_value());
  if (!found) {
    REQUIRE(found.error().code == expected.error().code);
    REQUIRE(found.error().field == expected.error().field);
    REQUIRE(found.error().message == expected.error().message);
    return;
  }
  REQUIRE(found->find('\n') == std::string::npos);
  REQUIRE(json::parse(*found) == json::parse(*expected));
}

std::string track_with(const std::string& members) {
  return R"({"type":"track","userId":"u","event":"e",)" + members + "}";
}

// Objects in each other, the innermost one with `innermost` in it. `depth` is how many they are.
std::string nested(int depth, const std::string& innermost) {
  std::string text;
  for (int i = 1; i < depth; ++i)
    text += R"({"a":)";
  return text + "{" + innermost + "}" + std::string(static_cast<std::size_t>(depth - 1), '}');
}

bool is_sent_with(const std::string& line, const std::string& part) {
  const auto text = sent(line);
  INFO(line);
  REQUIRE(text);
  INFO(*text);
  require_same(line);
  return text->find(part) != std::string::npos;
}

} // namespace

TEST_CASE("JSON text is sent as it was given, with its numbers' digits", "[core][reader]") {
  for (const char* object : {R"({"price":1.10,"a":[0.0,-0,1E+2,1e-7],"z":{},"b":[]})", "{}",
                             R"({"x":18446744073709551615,"y":-9223372036854775808,"n":0.30000000000000004})",
                             R"({"t":true,"f":false,"n":null,"s":"é/\"\\ {[,:]}","":{"":""}})"}) {
    const std::string text = object;
    CHECK(is_sent_with(track_with(R"("properties":)" + text), R"("properties":)" + text));
    CHECK(is_sent_with(track_with(R"("integrations":)" + text), R"("integrations":)" + text));
    CHECK(is_sent_with(track_with(R"("context":{"a":)" + text + "}"), R"("a":)" + text));
    CHECK(is_sent_with(R"({"type":"identify","userId":"u","traits":)" + text + "}", R"("traits":)" + text));
    CHECK(is_sent_with(R"({"type":"group","userId":"u","groupId":"g","traits":)" + text + "}", R"("traits":)" + text));
  }
}

TEST_CASE("white space between tokens is not sent, because a newline would stand between two events",
          "[core][reader]") {
  const json event{{"type", "identify"},
                   {"userId", "u"},
                   {"traits", {{"a", {1, 2, json::object(), json::array(), {{"b", " \t "}}}}, {"c", nullptr}}},
                   {"context", {{"d", {{"e", true}}}, {"library", 1}, {"traits", 2}, {"f", {3, 4}}}},
                   {"integrations", {{"All", false}}}};
  for (const char* given : {" ", "\n", "\r\n\t ", ""}) {
    std::string line;
    for (const char c : event.dump()) // no string in it has one of these but two spaces and a tab
      line += std::string{"{}[]:,"}.find(c) == std::string::npos ? std::string{c} : given + std::string{c} + given;
    const auto text = sent(line);
    REQUIRE(text);
    CHECK(text->find(R"("traits":{"a":[1,2,{},[],{"b":" \t "}],"c":null},"context")") != std::string::npos);
    CHECK(text->find(R"("d":{"e":true},"f":[3,4]})") != std::string::npos);
    CHECK(text->find_first_of("\n\r") == std::string::npos);
    require_same(line);
  }
  require_same("\n{\r\"type\" :\t\"page\" , \"userId\" : \"u\" } \n");
}

TEST_CASE("escapes are sent only where JSON needs them", "[core][reader]") {
  CHECK(is_sent_with(track_with(R"("properties":{"\u0061\/":"\u00e9\ud83d\ude00\u0001\n\"\\"})"),
                     R"({"a/":"é😀\u0001\n\"\\"})"));
  CHECK(is_sent_with(R"({"type":"\u0074rack","userId":"\u00e9\n","event":"a\"b"})", R"("userId":"é\n")"));
  CHECK(is_sent_with(R"({"type":"track","us\u0065rId":"u","event":"e"})", R"("userId":"u")"));
  for (const char* half : {R"("\ud800")", R"("\udc00")", R"("\ude00\ud83d")", R"("\ud800\u0041")", R"("\x")",
                           R"("\u12")", "\"\t\"", "\"\xff\"", "\"\xc3\"", "\"\xed\xa0\x80\""}) {
    require_same(track_with(std::string{R"("properties":{"a":)"} + half + "}"));
    require_same(track_with(std::string{R"("name":)"} + half));
    require_same(track_with(std::string{R"("userId":)"} + half));
    require_same(track_with(std::string{R"("properties":{)"} + half + ":1}"));
    require_same(track_with(std::string{half} + ":1"));
    CHECK(!sent(track_with(std::string{R"("messageId":)"} + half)));
  }
}

TEST_CASE("the library in a context is never sent, however it is spelled", "[core][reader]") {
  const std::string ours = R"("context":{"library":{"name":"sluice",)";
  for (const char* name : {"library", R"(libr\u0061ry)", R"(\u006cibrary)"})
    for (const char* context : {R"({"NAME":1})", R"({"a":2,"NAME":1})", R"({"NAME":1,"a":2})",
                                R"({"NAME":1,"b":{"library":3},"NAME":{"x":[]}})"}) {
      std::string text = context;
      for (auto at = text.find("NAME"); at != std::string::npos; at = text.find("NAME"))
        text.replace(at, 4, name);
      const auto line = track_with(R"("context":)" + text);
      CHECK(is_sent_with(line, ours));
      CHECK(json::parse(*sent(line))["context"]["library"].size() == 2);
      CHECK(sent(line)->find("ry\":1") == std::string::npos);
    }
}

TEST_CASE("an identify's traits stand for those of its context", "[core][reader]") {
  for (const char* name : {"traits", R"(tr\u0061its)"})
    for (const char* type : {"identify", "group", "track"})
      for (const char* traits : {R"({"a":1})", "{}", "null"}) {
        const auto line = std::string{R"({"type":")"} + type +
                          R"(","userId":"u","groupId":"g","event":"e","context":{"b":2,")" + name +
                          R"(":{"old":1},"c":3,")" + name + R"(":{"old":2}},"traits":)" + traits + "}";
        require_same(line);
        const auto text = sent(line);
        REQUIRE(text);
        const bool keeps = std::string{type} != "identify" || std::string{traits} == "null";
        CHECK((text->find(R"("old")") != std::string::npos) == keeps);
        CHECK(text->find(R"("old":1)") == std::string::npos);
      }
}

TEST_CASE("of a member that is given twice the last one is sent", "[core][reader]") {
  CHECK(is_sent_with(track_with(R"("userId":"v","event":"f","properties":{"a":1},"properties":{"b":2})"),
                     R"("userId":"v","event":"f","properties":{"b":2},"context")"));
  CHECK(is_sent_with(track_with(R"("context":{"a":1,"traits":{"c":1}},"context":{"b":2})"), R"("},"b":2},)"));
  for (const char* members : {R"("properties":{"a":1},"properties":null)", R"("properties":1,"properties":{"a":1})",
                              R"("properties":{"a":1},"properties":1)", R"("context":{"a":1},"context":null)",
                              R"("context":{"a":1},"context":[])", R"("userId":null,"anonymousId":"a")",
                              R"("type":"page","type":"screen","name":"n")", R"("type":null)", R"("type":1)",
                              R"("properties":{"a":1,"a":2})", R"("context":{"a":1,"a":{"b":2}})"})
    require_same(track_with(members));
}

TEST_CASE("a number given as an id is sent as its decimal string, as it is from a tree", "[core][reader]") {
  CHECK(is_sent_with(track_with(R"("userId":42)"), R"("userId":"42")"));
  for (const char* number : {"0", "-0", "-7", "1.10", "1e3", "999999999999999999", "1000000000000000000",
                             "18446744073709551615", "18446744073709551616", "-9223372036854775808", "0.5", "1e400"})
    for (const char* id : {"userId", "anonymousId", "messageId", "previousId", "groupId"})
      for (const char* type : {"track", "group", "alias"})
        require_same(std::string{R"({"type":")"} + type +
                     R"(","userId":"u","event":"e","groupId":"g","previousId":"p",")" + id + "\":" + number + "}");
}

TEST_CASE("what is wrong with a line is said as it is by the parser of trees", "[core][reader]") {
  using namespace std::string_literals;
  for (const auto& line : {""s,
                           "{"s,
                           "}"s,
                           "[]"s,
                           "null"s,
                           "{}"s,
                           "{}}"s,
                           "{} {}"s,
                           "nonsense"s,
                           R"({"type":"track",})"s,
                           R"({"type":"track"}x)"s,
                           R"({"type":"track"}})"s,
                           R"({"type":"track"} {"type":"track"})"s,
                           R"({"type" "track"})"s,
                           R"({"type":"track" "userId":"u"})"s,
                           R"({"type":"purchase"})"s,
                           "{\"type\":\"track\"}\0"s,
                           "\xef\xbb\xbf{\"type\":\"page\",\"userId\":\"u\"}"s,
                           R"({"type":"track","userId":"u","event":""})"s,
                           R"({"type":"track","event":"e"})"s,
                           track_with(R"("timestamp":"yesterday")"),
                           track_with(R"("timestamp":1)"),
                           track_with(R"("messageId":")" + std::string(129, 'm') + '"'),
                           track_with(R"("event":{})"),
                           track_with(R"("userId":[])"),
                           track_with(R"("userId":true)"),
                           track_with(R"("properties":[])"),
                           track_with(R"("context":"c")"),
                           track_with(R"("integrations":1)")})
    require_same(line);
  // Also where the value is not sent.
  for (const char* value : {"1 2",
                            "tru",
                            "truex",
                            "true1",
                            "nul",
                            "01",
                            "1.",
                            ".5",
                            "+1",
                            "-",
                            "1e",
                            "0x1",
                            R"("a":1)",
                            R"("a":{})",
                            R"("a":1})",
                            "NaN",
                            "1e400",
                            "1e-400",
                            "0.12345678901234567890",
                            "12345678901234567890123",
                            "-9223372036854775809",
                            "[1,]",
                            "[1 2]",
                            "[,1]",
                            "[1}",
                            "{]",
                            "[",
                            "{",
                            "]",
                            "}",
                            "",
                            R"({"a"})",
                            R"({"a":})",
                            R"({"a":1,})",
                            R"({"a" 1})",
                            R"({1:2})",
                            R"({"a":1 "b":2})",
                            R"("open)",
                            "'a'",
                            "{\"a\":[{\"b\":01}]}",
                            R"("a"b)",
                            R"(1"a")",
                            "\v",
                            "\f1",
                            "\x1a",
                            "//",
                            "\0"})
    for (const char* name : {"properties", "context", "integrations", "unknown", "event", "userId", "category"}) {
      const auto member = std::string{"\""} + name + "\":";
      require_same(track_with(member + value));
      require_same(track_with(member + R"({"a":)" + value + "}"));
      require_same(track_with(member + R"({"library":)" + value + R"(},"a":1)"));
      require_same(track_with(member + "[" + value + "]"));
    }
}

TEST_CASE("JSON text is nested as deep as a tree may be", "[core][reader]") {
  for (const int depth : {62, 63, 64, 65, 66, 1'000})
    for (const char* innermost : {"", R"("a":1)", R"("a":[])", R"("a":{})", R"("a":"b")"}) {
      const auto object = nested(depth, innermost);
      require_same(track_with(R"("properties":)" + object));
      require_same(track_with(R"("unknown":)" + object));
      require_same(track_with(R"("context":)" + object));
      require_same(track_with(R"("context":{"library":)" + object + "}"));
      require_same(R"({"type":"identify","userId":"u","traits":)" + object + "}");
    }
  CHECK(sent(track_with(R"("properties":)" + nested(63, R"("a":1.10)")))->find("1.10") != std::string::npos);
}

TEST_CASE("text has a length, and a reader can read on after one that is too long", "[core][reader]") {
  event_reader reader;
  const auto line = track_with(R"("properties":{"a":")" + std::string(1'000'000, 'x') + "\"}");
  CHECK(reader.read(line, line.size()));
  CHECK(reader.read(line, line.size() - 1).error().code == errc::too_large);
  const auto after = reader.read(track_with(R"("properties":{"a":1.10})"));
  REQUIRE(after);
  CHECK(encoded(*after)->find("1.10") != std::string::npos);
}

TEST_CASE("all 185 example events are sent as they are from trees", "[core][reader]") {
  std::ifstream in{SLUICE_SOURCE_DIR "/examples/data/events.ndjson"};
  int count = 0;
  for (std::string line; std::getline(in, line); ++count)
    require_same(line);
  CHECK(count == 185);
}

namespace {

// Makes lines that are events, and some that are nearly so.
class line_maker {
public:
  explicit line_maker(std::uint64_t seed) : random_{seed} {}

  std::string event() {
    std::string line = gap() + "{";
    for (auto n = below(9); n > 0; --n)
      line += member(one_of({"userId", "anonymousId", "event", "name", "category", "groupId", "previousId", "messageId",
                             "timestamp", "originalTimestamp", "unknown"}),
                     below(9) == 0 ? value(1) : id()) +
              ",";
    for (auto n = below(5); n > 0; --n)
      line += member(one_of({"properties", "traits", "context", "integrations", R"(tr\u0061its)"}),
                     below(9) == 0 ? value(1) : object(1)) +
              ",";
    line += member("userId", "\"u\"") + "," + member("event", "\"e\"") + ",";
    return line +
           member("type", one_of({R"("track")", R"("identify")", R"("page")", R"("screen")", R"("group")", R"("alias")",
                                  R"("al\u0069as")", R"("purchase")"})) +
           "}" + gap();
  }

  // Changes some bytes, so that most lines are no longer valid.
  std::string mutated(std::string line) {
    for (auto n = below(3) + 1; n > 0 && !line.empty(); --n) {
      const auto at = below(static_cast<unsigned>(line.size())), length = below(4) == 0 ? below(20) : 1;
      switch (below(4)) {
      case 0:
        line.erase(at, length);
        break;
      case 1:
        line.insert(at, line.substr(below(static_cast<unsigned>(line.size())), length));
        break;
      case 2:
        line.insert(
            at, one_of({"{", "}", "[", "]", ",", ":", "\"", "\\", "0", "-", ".", "e", " ", "\n", "u", "\x01", "\xff"}));
        break;
      default:
        line[at] = static_cast<char>(below(256));
      }
    }
    return line;
  }

private:
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  std::string one_of(std::initializer_list<const char*> some) {
    return some.begin()[below(static_cast<unsigned>(some.size()))];
  }
  std::string gap() { return below(4) == 0 ? one_of({" ", "\n", "\t", "\r\n", "  "}) : ""; }
  std::string member(const std::string& name, const std::string& given) {
    return gap() + "\"" + name + "\"" + gap() + ":" + gap() + given + gap();
  }
  std::string id() { return below(4) == 0 ? number() : below(9) == 0 ? "null" : text(); }
  std::string number() {
    return one_of({"0",
                   "-0",
                   "1",
                   "-12",
                   "1.10",
                   "-0.0",
                   "1e5",
                   "1E+2",
                   "0.1",
                   "3.141592653589793",
                   "0.30000000000000004",
                   "123456789012345678",
                   "1234567890123456789",
                   "18446744073709551615",
                   "18446744073709551616",
                   "-9223372036854775808",
                   "1e22",
                   "5e-324",
                   "0e999",
                   "1.7976931348623157e308",
                   "1e400",
                   "0.1234567890123456789"});
  }
  std::string text() {
    std::string t;
    for (auto n = below(6); n > 0; --n)
      t += one_of({"a", "bc", "é", "€", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\ud83d\\ude00", "\\u0000", "{",
                   "]", ",", ":", " ", "2024-05-01"});
    return "\"" + t + "\"";
  }
  std::string value(int depth) {
    switch (below(depth > 5 ? 4 : 6)) {
    case 0:
      return one_of({"true", "false", "null"});
    case 1:
      return number();
    case 2:
    case 3:
      return text();
    case 4:
      return array(depth);
    default:
      return object(depth);
    }
  }
  std::string array(int depth) {
    std::string t = "[" + gap();
    for (auto n = below(4), i = 0U; i < n; ++i)
      t += (i > 0 ? "," : "") + gap() + value(depth + 1) + gap();
    return t + "]";
  }
  std::string object(int depth) {
    std::string t = "{" + gap();
    for (auto n = below(5), i = 0U; i < n; ++i)
      t += (i > 0 ? "," : "") +
           member(one_of({"a", "b", "library", "traits", R"(libr\u0061ry)", R"(\u0074raits)", "", "é"}),
                  value(depth + 1));
    return t + "}";
  }

  std::mt19937_64 random_;
};

} // namespace

TEST_CASE("20 000 random lines are read as they are into trees", "[core][reader]") {
  const auto seed = setting("SLUICE_SEED", std::random_device{}());
  INFO("SLUICE_SEED=" << seed);
  line_maker lines{seed};
  for (int i = 0; i < 10'000; ++i) {
    const auto line = lines.event();
    require_same(line);
    require_same(lines.mutated(line));
  }
}
