#include "support/catch.hpp"

#include "core/wire/base64.hpp"
#include "server/key_set.hpp"
#include "support/process.hpp"

using namespace sluice;
using namespace sluice::test;

TEST_CASE("Basic authentication shows a write key as the user name", "[unit][server]") {
  const key_set keys{{{.key = "first"}, {.key = "second-key"}}};
  const auto allows = [&](const std::string& text) { return keys.allows_basic("Basic " + base64(text)); };
  CHECK(allows("first:"));
  CHECK(allows("second-key:a password: of any kind"));
  CHECK(keys.allows_basic("basic  " + base64("first:")));
  CHECK(!allows("first"));
  CHECK(!allows("firs:"));
  CHECK(!allows("first2:"));
  CHECK(!allows(":"));
  CHECK(!allows(""));
  for (const std::string wrong : {"", "Basic", "Basic ", "Basic =", "Basic !!!!", "Bearer first", "BasicZmlyc3Q6"})
    CHECK(!keys.allows_basic(wrong));
  CHECK(!keys.allows_basic("Basic " + base64("first:" + std::string(4'096, 'x'))));
  CHECK(!key_set{{}}.allows_basic("Basic " + base64(":")));
}

TEST_CASE("Bearer authentication shows a token", "[unit][server]") {
  const key_set tokens{{{.key = "0123456789abcdef"}, {.key = "0123456789abcdeg", .name = "alice"}}};
  CHECK(tokens.bearer("Bearer 0123456789abcdef") == "");
  CHECK(tokens.bearer("Bearer 0123456789abcdeg") == "alice");
  CHECK(!tokens.bearer("Bearer 0123456789abcde"));
  CHECK(!tokens.bearer("Bearer "));
  CHECK(!tokens.bearer("Basic 0123456789abcdef"));
}

TEST_CASE("files of keys and tokens are read, and errors name the line and no secret", "[unit][server]") {
  temporary_folder folder;
  const auto keys = read_key_file(folder.write("keys", "# ours\nfirst\r\n\n  \nsecond \n"));
  REQUIRE(keys);
  CHECK(*keys == std::vector<named_key>{{.key = "first"}, {.key = "second"}});
  const auto wrong = read_key_file(folder.write("wrong", "first\nsec:ret\n"));
  REQUIRE(!wrong);
  CHECK(wrong.error().field == "intake_key_file");
  CHECK(wrong.error().message.find("line 2 must be") != std::string::npos);
  CHECK(wrong.error().message.find("sec:ret") == std::string::npos);
  CHECK(!read_key_file(folder.write("empty", "# none\n")));
  CHECK(!read_key_file("/no/such/file"));
  CHECK(*read_token_file(folder.write("token", "0123456789abcdef \n# others\nalice 0123456789abcdeg\n")) ==
        std::vector<named_key>{{.key = "0123456789abcdef"}, {.key = "0123456789abcdeg", .name = "alice"}});
  for (const auto* text :
       {"0123456789abcde", "0123456789abcdef\nmore", "alice  0123456789abcdef", "alice 0123456789abcdef 0", "# none"}) {
    const auto refused = read_token_file(folder.write("wrong-token", text));
    REQUIRE(!refused);
    CHECK(refused.error().field == "admin_token_file");
    CHECK(refused.error().message.find("0123456789") == std::string::npos);
  }
}
