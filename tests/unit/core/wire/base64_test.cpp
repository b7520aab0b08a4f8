#include "support/catch.hpp"

#include "core/wire/base64.hpp"

using namespace sluice;

TEST_CASE("Base64 as in RFC 4648", "[core][base64]") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("k:") == "azo=");
}
