#include "support/catch.hpp"

#include "core/delivery/batch_size.hpp"

using namespace sluice;

TEST_CASE("a batch that is too large halves the next ones, and they grow back", "[core][batch size]") {
  batch_size s{500};
  s.too_large(500);
  CHECK(s.limit() == 250);
  s.too_large(250);
  s.too_large(125); // a half of a half
  CHECK(s.limit() == 62);
  s.too_large(400); // was under way
  CHECK(s.limit() == 62);
  for (int i = 0; i < 100; ++i)
    s.delivered(61); // not full: says nothing
  CHECK(s.limit() == 62);
  for (int i = 0; i < 8; ++i)
    s.delivered(62);
  CHECK(s.limit() == 69);
  for (int i = 0; i < 1'000; ++i)
    s.delivered(500);
  CHECK(s.limit() == 500);
  s.too_large(1);
  CHECK(s.limit() == 1);
}
