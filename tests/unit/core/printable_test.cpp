#include "support/catch.hpp"

#include "core/printable.hpp"
#include "core/wire/base64.hpp"

using namespace sluice;

TEST_CASE("text from outside is kept printable, short, and without the secret", "[core][printable]") {
  CHECK(printable("all\x1b[31m well\n", "") == "all?[31m well?");
  CHECK(printable(std::string(1'000, 'x'), "").size() == 256);
  CHECK(printable("key s3cret!", "s3cret") == "key [secret]!");
  CHECK(printable("Basic " + base64("s3cret:"), "s3cret") == "Basic [secret]");
  const auto across = printable(std::string(252, 'x') + "long-s3cret", "long-s3cret");
  CHECK(across.find("lon") == std::string::npos);
  CHECK(printable(std::string(251, ' ') + ":s3cret", "s3cret").find("s3c") == std::string::npos);
}

TEST_CASE("a line for a terminal has nothing that a terminal obeys, and stays readable", "[core][printable]") {
  CHECK(terminal_line("caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80") == "caf\xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80");
  CHECK(terminal_line("a\x1b[2J\r\n\x7f") == "a\\u001b[2J\\u000d\\u000a\\u007f");
  CHECK(terminal_line("\xc2\x9b"
                      "2J") == "\\u009b2J");
  CHECK(terminal_line("\x9b"
                      "2J \xff") == "\\x9b2J \\xff");
  CHECK(terminal_line("\xe2\x80\xae \xe2\x81\xa6 \xe2\x80\x8e \xd8\x9c \xe2\x80\xa8") ==
        "\\u202e \\u2066 \\u200e \\u061c \\u2028");
  CHECK(terminal_line(std::string_view{"\0", 1}) == "\\u0000");
}

TEST_CASE("a short secret is masked where it stands alone, and no word is torn apart for it", "[core][printable]") {
  CHECK(printable("the key k is unknown: 'k', k=k, Basic azo=", "k") ==
        "the key [secret] is unknown: '[secret]', [secret]=[secret], Basic [secret]");
  CHECK(printable("the latest test", "test") == "the latest [secret]");
  CHECK(printable("xlong-s3cretx", "long-s3cret") == "x[secret]x");
}
