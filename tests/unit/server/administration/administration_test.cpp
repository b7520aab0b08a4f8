#include "support/catch.hpp"

#include <set>

#include "server/administration/administration.hpp"
#include "server/administration/openapi.hpp"
#include "support/json_schema.hpp"

using namespace sluice;
using namespace sluice::test;
using nlohmann::ordered_json;

namespace {

constexpr const char* listening_at = "127.0.0.1:8423";

// A server's front, which takes calls while there is room.
struct front {
  explicit front(const std::vector<named_key>& tokens = {{.key = "0123456789abcdef"}})
      : access{std::make_shared<access_control>(access_rules{.write_keys = key_set{{}}, .tokens = key_set{tokens}})},
        api{own_hosts{*parse_listen_address(listening_at), {}}, access,
            [this](const admin_request&, const reply_hook&) {
              ++taken;
              return has_room;
            }} {}

  // Returns the status of a refusal; 0: none.
  int refuses(const request_head& r) const {
    const auto early = api.admit(r);
    if (early)
      CHECK(misfit(ordered_json::parse(early->body), {{"$ref", "#/components/schemas/Error"}}, openapi_json()) == "");
    return early ? early->status : 0;
  }

  std::shared_ptr<access_control> access;
  bool has_room = true;
  int taken = 0;
  administration api;
};

request_head with_token(std::string_view method, std::string_view target) {
  return {.method = method, .target = target, .authorization = "Bearer 0123456789abcdef", .host = listening_at};
}

} // namespace

TEST_CASE("a name that was made to point here is refused, whatever is asked", "[unit][server][admin][bad input]") {
  const front f;
  auto r = with_token("GET", "/api/status");
  CHECK(f.refuses(r) == 0);
  for (const auto* other : {"evil.example", "evil.example:8423", "", "127.0.0.1.evil.example:8423"}) {
    r.host = other;
    CHECK(f.refuses(r) == 421);
  }
}

TEST_CASE("with a token every request needs it, and without one nothing is changed", "[unit][server][admin]") {
  const front f;
  auto r = with_token("POST", "/api/pause");
  CHECK(f.refuses(r) == 0);
  for (const auto* wrong : {"", "Bearer 0123456789abcdeF", "Basic MDEyMzQ1Njc4OWFiY2RlZjo=", "Bearer"}) {
    r.authorization = wrong;
    CHECK(f.refuses(r) == 401);
    CHECK(f.refuses({.method = "GET", .target = "/api/status", .authorization = wrong, .host = listening_at}) == 401);
  }
  const front open{{}};
  CHECK(open.refuses({.method = "GET", .target = "/api/status", .host = listening_at}) == 0);
  for (const auto& o : operations())
    if (o.changes()) {
      INFO(o.path);
      CHECK(open.refuses({.method = o.method, .target = o.path, .host = listening_at}) == 403);
    }
}

TEST_CASE("a page of another origin changes nothing", "[unit][server][admin][bad input]") {
  const front f;
  auto r = with_token("POST", "/api/pause");
  for (const auto& [origin, site, status] :
       std::vector<std::tuple<std::string, std::string, int>>{{"", "", 0},
                                                              {"http://127.0.0.1:8423", "same-origin", 0},
                                                              {"", "none", 0},
                                                              {"http://evil.example", "", 403},
                                                              {"http://127.0.0.1:9000", "", 403},
                                                              {"null", "", 403},
                                                              {"", "cross-site", 403},
                                                              {"http://127.0.0.1:8423", "same-site", 403}}) {
    r.origin = origin;
    r.sec_fetch_site = site;
    INFO(origin << ' ' << site);
    CHECK(f.refuses(r) == status);
  }
}

TEST_CASE("other paths and methods are refused", "[unit][server][admin][bad input]") {
  const front f;
  CHECK(f.refuses(with_token("GET", "/api/other")) == 404);
  CHECK(f.refuses(with_token("GET", "/api")) == 404);
  CHECK(f.refuses(with_token("PUT", "/api/status")) == 405);
  CHECK(f.refuses(with_token("OPTIONS", "/api/pause")) == 405);
  CHECK(f.refuses(with_token("HEAD", "/api/status?x=1")) == 0);
}

TEST_CASE("a body that is not JSON, and a call without room, are refused", "[unit][server][admin]") {
  front f;
  int status = 0;
  const auto answered = [&](const request_head& r, const std::string& body) {
    status = 0;
    f.api.take(r, body, [&](const reply& a) { status = a.status; });
    return status;
  };
  auto r = with_token("POST", "/api/dead/purge");
  CHECK(answered(r, R"({"all":true})") == 415);
  r.content_type = "application/json; charset=utf-8";
  CHECK(answered(r, R"({"all":true})") == 0);
  CHECK(f.taken == 1);
  CHECK(answered(r, "{}") == 400);
  CHECK(answered(r, std::string(70'000, ' ')) == 413);
  r.content_encoding = "gzip";
  CHECK(answered(r, R"({"all":true})") == 415);
  CHECK(answered(with_token("GET", "/api/dead?limit=x"), "") == 400);
  CHECK(answered(with_token("GET", "/api/dead/%"), "") == 400);
  f.has_room = false;
  CHECK(answered(with_token("GET", "/api/status"), "") == 429);
}

TEST_CASE("the OpenAPI document describes every operation and no other", "[unit][server][admin]") {
  const auto& all = openapi_json();
  std::set<std::string> described, served;
  for (const auto& [path, methods] : all["paths"].items())
    for (const auto& [method, what] : methods.items()) {
      described.insert(method + " " + path);
      INFO(path);
      CHECK(what["responses"].size() > 1);
      CHECK(what.contains("requestBody") == find_operations(path)
                                                .with(method == "get"      ? "GET"
                                                      : method == "put"    ? "PUT"
                                                      : method == "delete" ? "DELETE"
                                                                           : "POST")
                                                ->has_body);
      for (const auto& response : what["responses"]) {
        if (response["content"].contains("text/event-stream"))
          continue;
        const auto* type =
            response["content"].contains("application/x-ndjson") ? "application/x-ndjson" : "application/json";
        const auto reference = response["content"][type]["schema"]["$ref"].get<std::string>();
        CHECK(all.contains(ordered_json::json_pointer{reference.substr(1)}));
      }
    }
  for (const auto& o : operations()) {
    std::string method{o.method};
    for (auto& c : method)
      c = static_cast<char>(c - 'A' + 'a');
    served.insert(method + " " + std::string{o.path});
  }
  CHECK(described == served);
}
