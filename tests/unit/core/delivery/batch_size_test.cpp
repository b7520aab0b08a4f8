#include "support/catch.hpp"

#include "core/delivery/batch_size.hpp"

using namespace sluice;

namespace {

struct limit_under_test {
  void answer(int status, std::uint32_t events) { size.note(classify({.status = status}, events), events); }
  void too_large(std::uint32_t events) { answer(413, events); }
  void delivered(std::uint32_t events) { answer(200, events); }
  std::size_t limit() const { return size.limit(); }

  batch_size size{500};
};

} // namespace

TEST_CASE("a batch that is too large halves the next ones, and they grow back", "[core][batch size]") {
  limit_under_test s;
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
  s.too_large(2);
  CHECK(s.limit() == 1);
}

TEST_CASE("no answer but 413 to several events makes batches smaller", "[core][batch size]") {
  limit_under_test s;
  s.too_large(1); // It says that this event is too large.
  for (const int status : {200, 400, 401, 408, 410, 429, 500, 503})
    s.answer(status, 500);
  CHECK(s.limit() == 500);
}
