#include "support/catch.hpp"

#include "server/administration/call.hpp"
#include "server/administration/dead_filter_json.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

result<admin_call> call_of(std::string_view method, std::string_view path, std::string_view query = "",
                           std::string_view body = "") {
  const auto found = find_operations(path);
  const auto* o = found.with(method);
  REQUIRE(o);
  return o->read({.id = std::string{found.id}, .query = query, .body = body});
}

std::string wrong_field(std::string_view method, std::string_view path, std::string_view query,
                        std::string_view body = "") {
  const auto call = call_of(method, path, query, body);
  REQUIRE_FALSE(call);
  return call.error().field;
}

} // namespace

TEST_CASE("each path has its operations, and an id is one part of a path", "[unit][server][admin]") {
  CHECK(std::holds_alternative<status_call>(*call_of("GET", "/api/status")));
  CHECK(std::holds_alternative<status_call>(*call_of("HEAD", "/api/status")));
  CHECK(std::holds_alternative<groups_call>(*call_of("GET", "/api/dead/groups")));
  CHECK(std::get<letter_call>(*call_of("GET", "/api/dead/a-1")).id == "a-1");
  CHECK(std::get<cancel_call>(*call_of("DELETE", "/api/jobs/7")).id == "7");
  CHECK_FALSE(std::get<pause_call>(*call_of("POST", "/api/resume")).paused);
  CHECK(std::get<export_call>(*call_of("GET", "/api/dead/export")).limit == 100);
  CHECK(std::get<export_call>(*call_of("GET", "/api/dead/export", "limit=7&after=1/b-1&event=e")).limit == 7);
  for (const auto* path :
       {"/api", "/api/", "/api/dead/", "/api/dead/a/b", "/api/statuses", "/api/jobs/", "/api//status"})
    CHECK(find_operations(path).all.empty());
  CHECK(find_operations("/api/jobs/1").methods() == "GET, HEAD, DELETE");
  CHECK(find_operations("/api/dead/replay").with("GET") == nullptr);
}

TEST_CASE("a query becomes a filter, and one that is wrong names its parameter", "[unit][server][admin]") {
  const auto c = std::get<list_call>(*call_of(
      "GET", "/api/dead",
      "status=0&reason=no%20way%26&older_than_ms=5&younger_than_ms=6&event=a+b&user=%C3%BC&limit=500&after=1/b-1&"));
  CHECK(c.filter.status == 0);
  CHECK(c.filter.reason == "no way&");
  CHECK(c.filter.older_than == 5ms);
  CHECK(c.filter.younger_than == 6ms);
  CHECK(c.filter.event == "a b");
  CHECK(c.filter.user == "\xc3\xbc");
  CHECK(c.limit == 500);
  CHECK(c.after == "1/b-1");
  CHECK(std::get<list_call>(*call_of("GET", "/api/dead", "id=a-1&id=a-2")).filter.ids.size() == 2);
  for (const auto& [query, field] :
       std::vector<std::pair<std::string, std::string>>{{"status=x", "status"},
                                                        {"status=1000", "status"},
                                                        {"status=", "status"},
                                                        {"status=-1", "status"},
                                                        {"status=1%00", "status"},
                                                        {"older_than_ms=0", "older_than_ms"},
                                                        {"limit=0", "limit"},
                                                        {"limit=501", "limit"},
                                                        {"other=1", "other"},
                                                        {"ids=a", "ids"},
                                                        {"id=a/b", "id"},
                                                        {"reason=", "reason"},
                                                        {"id=a&after=1/b", "after"},
                                                        {"reason=%", ""},
                                                        {"reason=%4", ""},
                                                        {"reason=%zz", ""}})
    CHECK(wrong_field("GET", "/api/dead", query) == field);
  CHECK(wrong_field("GET", "/api/dead/groups", "limit=1") == "limit");
}

TEST_CASE("the body of a change becomes an order, and one that is wrong names its member", "[unit][server][admin]") {
  const auto c = std::get<change_call>(*call_of(
      "POST", "/api/dead/purge", "",
      R"({"filter":{"status":422,"reason":"r","older_than_ms":1,"event":"e","user":"u","ids":["a-1"]},"rate":0.5})"));
  CHECK(c.order.what == job_kind::purge);
  CHECK(c.order.rate == 0.5);
  CHECK(json_of(c.order.filter).dump() ==
        R"({"status":422,"reason":"r","older_than_ms":1,"event":"e","user":"u","ids":["a-1"]})");
  CHECK(std::get<change_call>(*call_of("POST", "/api/dead/replay", "", R"({"all":true})")).order.filter.empty());
  for (const auto& [body, field] : std::vector<std::pair<std::string, std::string>>{
           {"{}", "all"},
           {R"({"all":false,"filter":{}})", "all"},
           {R"({"all":1})", "all"},
           {R"({"filter":[]})", "filter"},
           {R"({"filter":{"status":"400"}})", "status"},
           {R"({"filter":{"status":4.5}})", "status"},
           {R"({"filter":{"status":99999999999999999999}})", "filter.status"},
           {R"({"filter":{"reason":4}})", "reason"},
           {R"({"filter":{"ids":[]}})", "ids"},
           {R"({"filter":{"ids":[7]}})", "ids"},
           {R"({"filter":{"id":"a"}})", "id"},
           {R"({"filter":{"x":"a"}})", "x"},
           {R"({"all":true,"rate":0})", "rate"},
           {R"({"all":true,"rate":-1})", "rate"},
           {R"({"all":true,"rate":"1"})", "rate"},
           {R"({"all":true,"x":1})", "x"},
           {"[]", ""},
           {"", ""},
           {"{", ""},
           {std::string(100'000, ' '), ""},
           {std::string(1'000, '['), ""}}) {
    INFO(body.substr(0, 80));
    CHECK(wrong_field("POST", "/api/dead/replay", "", body) == field);
  }
}

TEST_CASE("the body of an edit may be long, and one that is wrong names its member", "[unit][server][admin]") {
  const auto call = call_of("POST", "/api/dead/a-1", "",
                            R"({"drop":[1],"edit":[{"index":2,"event":{"x":")" + std::string(100'000, 'x') + "\"}}]}");
  const auto& c = std::get<edit_call>(*call);
  CHECK(c.id == "a-1");
  CHECK(c.change.drop == std::vector<std::size_t>{1});
  REQUIRE(c.change.edit.size() == 1);
  CHECK(c.change.edit[0].event.size() > 100'000);
  CHECK(wrong_field("POST", "/api/dead/a-1", "", R"({"edit":[{"index":-1,"event":{}}]})") == "edit[0].index");
  CHECK(wrong_field("POST", "/api/dead/a-1", "", "") == "");
  const auto too_long = call_of("POST", "/api/dead/a-1", "", std::string((1 << 20) + 1, ' '));
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().code == errc::too_large);
  CHECK(find_operations("/api/dead/a-1").methods() == "GET, HEAD, POST");
  CHECK(find_operations("/api/dead/export").with("POST") == nullptr);
}

TEST_CASE("an erasure names a user, and may name an anonymous id and how long to block", "[unit][server][admin]") {
  const auto c = std::get<change_call>(*call_of("DELETE", "/api/users/u", "anonymous_id=x%26y&block_for_ms=86400000"));
  CHECK(c.order.what == job_kind::erase);
  CHECK(c.order.who.user == "u");
  CHECK(c.order.who.anonymous == "x&y");
  CHECK(c.order.block_for == std::chrono::hours{24});
  CHECK(std::get<change_call>(*call_of("DELETE", "/api/users/u")).order.block_for.count() == 0);
  for (const auto* text : {"0", "-1", "1d", "31622400001", ""})
    CHECK(wrong_field("DELETE", "/api/users/u", std::string{"block_for_ms="} + text) == "block_for_ms");
  CHECK(wrong_field("DELETE", "/api/users/u", "user=v") == "user");
  CHECK(wrong_field("DELETE", "/api/users/u", "user_id=v") == "user_id");
  CHECK(wrong_field("DELETE", "/api/users/\xff", "") == "id");
  CHECK(wrong_field("DELETE", "/api/users/u", "anonymous_id=%ff") == "anonymous_id");
}

TEST_CASE("an erasure names ids that are no part of a path in its query, one at least", "[unit][server][admin]") {
  const auto dots = std::get<change_call>(*call_of("DELETE", "/api/users", "user_id=..&block_for_ms=1000"));
  CHECK(dots.order.who.user == "..");
  CHECK(dots.order.block_for == 1s);
  const auto anonymous = std::get<change_call>(*call_of("DELETE", "/api/users", "anonymous_id=a"));
  CHECK(anonymous.order.who.user.empty());
  CHECK(anonymous.order.who.anonymous == "a");
  for (const auto* query : {"", "block_for_ms=1000", "user_id="})
    CHECK(wrong_field("DELETE", "/api/users", query) == "user_id");
}

TEST_CASE("who is to be unblocked is named in a query", "[unit][server][admin]") {
  const auto c = std::get<unblock_call>(*call_of("DELETE", "/api/blocked", "user_id=%2F&anonymous_id=a"));
  CHECK(c.who.user == "/");
  CHECK(c.who.anonymous == "a");
  CHECK(wrong_field("DELETE", "/api/blocked", "") == "user_id");
  CHECK(wrong_field("DELETE", "/api/blocked", "block_for_ms=1") == "block_for_ms");
}

TEST_CASE("a destination has a URL or a key", "[unit][server][admin]") {
  const auto c = std::get<destination_call>(*call_of("PUT", "/api/destination", "", R"({"write_key":"s"})"));
  CHECK(c.write_key == "s");
  CHECK(c.data_plane_url.empty());
  for (const auto& [body, field] :
       std::vector<std::pair<std::string, std::string>>{{"{}", "data_plane_url"},
                                                        {R"({"url":"x"})", "url"},
                                                        {R"({"write_key":""})", "write_key"},
                                                        {R"({"write_key":1})", "write_key"}})
    CHECK(wrong_field("PUT", "/api/destination", "", body) == field);
}
