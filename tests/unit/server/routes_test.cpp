#include "support/catch.hpp"

#include <nlohmann/json.hpp>

#include "server/request_server.hpp"
#include "server/routes.hpp"
#include "support/raw_http.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

// What a server answers to GET on this path while its system is like this.
std::string answer_of(const std::string& path, const system_view& view) {
  const std::vector<named_key> none;
  const auto access =
      std::make_shared<access_control>(access_rules{.write_keys = key_set{none}, .tokens = key_set{none}});
  routes serves{
      std::make_shared<intake>(options{}),
      access,
      plain_body_limits{},
      [&](const std::function<void(const system_view&)>& answer) { answer(view); },
      std::make_shared<meters>(),
      std::make_shared<request_counts>(),
      administration{own_hosts{{}, {}}, access, [](const admin_request&, const reply_hook&) { return false; }}};
  const auto from = listener::open(*parse_listen_address("127.0.0.1:0"));
  const request_server server{*from,
                              serves,
                              {.max_connections = 10,
                               .max_header_bytes = 2'000,
                               .max_body_bytes = 10'000,
                               .max_bytes_of_bodies = 10'000,
                               .request_timeout = 20s,
                               .idle_timeout = 20s},
                              nullptr,
                              [](const std::string&) {}};
  return raw_exchange(url_of(from->address(), false),
                      "GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
}

} // namespace

TEST_CASE("what the store says is JSON in /readyz, whatever its bytes are", "[unit][server]") {
  const auto said = answer_of("/readyz", {.capacity = 1, .store_error = "\xff caf\xc3\xa9 \"\x1b[31m\" \xc3"});
  CHECK(said.find("HTTP/1.1 503 ") == 0);
  const auto body = json::parse(said.substr(said.find("\r\n\r\n") + 4), nullptr, false);
  REQUIRE(!body.is_discarded());
  CHECK(body["reasons"] == json::array({R"(the store does not answer: \xff café "\u001b[31m" \xc3)"}));
  CHECK(body["notes"].empty());
}
