#include "support/catch.hpp"

#include "core/printable.hpp"
#include "core/wire/base64.hpp"

using namespace sluice;

TEST_CASE("text from outside is kept printable, short, and without the secret", "[core][printable]") {
  CHECK(printable("all\x1b[31m well\n", "") == "all?[31m well?");
  CHECK(printable(std::string(1'000, 'x'), "").size() == 256);
  CHECK(printable("key s3cret!", "s3cret") == "key [secret]!");
  CHECK(printable("Basic " + base64("s3cret:"), "s3cret") == "Basic [secret]");
  const auto across = printable(std::string(252, 'x') + "s3cret", "s3cret");
  CHECK(across.find("s3c") == std::string::npos);
}
