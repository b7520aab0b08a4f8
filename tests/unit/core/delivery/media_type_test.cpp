#include "support/catch.hpp"

#include "core/delivery/media_type.hpp"

using namespace sluice;

TEST_CASE("JSON is told from other content by its type", "[core][media]") {
  for (const char* type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                           " application/json ;x", "application/problem+json", "application/vnd.example+JSON"})
    CHECK(is_json(type));
  for (const char* type : {"", "text/html", "text/html; application/json", "application/jsonp", "application/json-seq",
                           "+json", "json", "application/"})
    CHECK(!is_json(type));
}
