#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include "cli/sink/contract.hpp"
#include "core/wire/payload.hpp"

using namespace sluice;
using nlohmann::json;

namespace {

json good_event() {
  return {{"messageId", "m1"},
          {"type", "track"},
          {"channel", "server"},
          {"event", "e"},
          {"userId", "u"},
          {"context", {{"library", {{"name", "sluice"}}}}},
          {"originalTimestamp", "2026-01-02T03:04:05.678Z"}};
}

json good_body() {
  return {{"batch", {good_event()}}, {"sentAt", "2026-01-02T03:04:05.678Z"}, {"timestamp", "2026-01-02T03:04:05.678Z"}};
}

const request_head good_head{.method = "POST",
                             .target = "/v1/batch",
                             .authorization = "Basic azo=",
                             .content_type = "application/json",
                             .user_agent = "x",
                             .idempotency_key = "b1"};

std::string broken_in(const request_head& head, std::string body) {
  const auto checked = check_contract(head, std::move(body));
  return checked ? "" : checked.error().field;
}

// Checks a good request after `change` has made it worse.
std::string broken_by(const std::function<void(request_head&)>& change) {
  auto head = good_head;
  change(head);
  return broken_in(head, good_body().dump());
}

std::string broken_body(const std::function<void(json&)>& change) {
  auto body = good_body();
  change(body);
  return broken_in(good_head, body.dump());
}

} // namespace

TEST_CASE("a request that keeps the contract gives its message ids", "[cli][sink]") {
  const auto ids = check_contract(good_head, good_body().dump());
  REQUIRE(ids);
  CHECK(*ids == std::vector<std::string>{"m1"});
}

TEST_CASE("an event as deep as the library takes it keeps the contract", "[cli][sink]") {
  auto deep = json::object();
  for (int i = 1; i < 64; ++i)
    deep = json{{"a", std::move(deep)}};
  CHECK(broken_body([&](json& body) { body["batch"][0]["context"]["traits"] = deep; }) == "");
  CHECK(broken_body([&](json& body) { body["batch"][0]["context"]["traits"] = json{{"a", deep}}; }) == "body");
}

TEST_CASE("what is wrong with a request is named", "[cli][sink]") {
  CHECK(broken_by([](request_head& r) { r.method = "GET"; }) == "method");
  CHECK(broken_by([](request_head& r) { r.target = "/v1/other"; }) == "path");
  CHECK(broken_by([](request_head& r) { r.authorization = ""; }) == "Authorization");
  CHECK(broken_by([](request_head& r) { r.authorization = "Bearer azo="; }) == "Authorization");
  CHECK(broken_by([](request_head& r) { r.authorization = "Basic azpw"; }) == "Authorization"); // k:p
  CHECK(broken_by([](request_head& r) { r.authorization = "Basic Og=="; }) == "Authorization"); // :
  CHECK(broken_by([](request_head& r) { r.authorization = "basic azo="; }) == "Authorization");
  CHECK(broken_by([](request_head& r) { r.authorization = "Basic  azo="; }) == "Authorization");
  CHECK(broken_by([](request_head& r) { r.authorization = "Basic azp="; }) == "Authorization"); // a bit left over
  CHECK(broken_by([](request_head& r) { r.content_type = "text/plain"; }) == "Content-Type");
  CHECK(broken_by([](request_head& r) { r.user_agent = ""; }) == "User-Agent");
  CHECK(broken_by([](request_head& r) { r.idempotency_key = ""; }) == "Idempotency-Key");
  CHECK(broken_by([](request_head& r) { r.content_encoding = "br"; }) == "Content-Encoding");
  CHECK(broken_by([](request_head& r) { r.content_encoding = "identity"; }) == "Content-Encoding");
  CHECK(broken_by([](request_head& r) { r.content_encoding = "GZIP"; }) == "Content-Encoding");
  CHECK(broken_by([](request_head& r) { r.content_encoding = "gzip"; }) == "body");
  CHECK(broken_in(good_head, "{") == "body");
  CHECK(broken_in(good_head, "[]") == "body");
}

TEST_CASE("a body of more than 4 MiB is too large, however it is compressed", "[cli][sink]") {
  const auto code = [](std::string body, std::string_view encoding) {
    auto head = good_head;
    head.content_encoding = encoding;
    return check_contract(head, std::move(body)).error().code;
  };
  const std::string big((std::size_t{4} << 20) + 1, ' ');
  CHECK(code(big, "") == errc::too_large);
  CHECK(code(big.substr(1), "") != errc::too_large);
  CHECK(code(*payload_sealer{}.seal(big, true, {}), "gzip") == errc::too_large);
}

TEST_CASE("what is wrong with a body is named, down to the member", "[cli][sink]") {
  CHECK(broken_body([](json& b) { b.erase("sentAt"); }) == "sentAt");
  CHECK(broken_body([](json& b) { b["sentAt"] = "yesterday"; }) == "sentAt");
  CHECK(broken_body([](json& b) { b["timestamp"] = "2026-01-02"; }) == "timestamp");
  CHECK(broken_body([](json& b) { b["batch"] = json::array(); }) == "batch");
  CHECK(broken_body([](json& b) { b["batch"].push_back(1); }) == "batch[1]");
  CHECK(broken_body([](json& b) { b["batch"][0].erase("messageId"); }) == "batch[0].messageId");
  CHECK(broken_body([](json& b) { b["batch"][0]["type"] = "other"; }) == "batch[0].type");
  CHECK(broken_body([](json& b) { b["batch"][0]["channel"] = "web"; }) == "batch[0].channel");
  CHECK(broken_body([](json& b) { b["batch"][0].erase("context"); }) == "batch[0].context.library");
  CHECK(broken_body([](json& b) { b["batch"][0]["originalTimestamp"] = 1; }) == "batch[0].originalTimestamp");
}
