#include "support/catch.hpp"

#include <map>

#include "transport/proxy.hpp"

using namespace sluice;

namespace {

std::optional<proxy> find(const std::string& url, std::map<std::string, std::string> variables) {
  return proxy_for(*parse_endpoint(url, true), [variables = std::move(variables)](const std::string& name) {
    const auto i = variables.find(name);
    return i == variables.end() ? std::string{} : i->second;
  });
}

const std::string https = "https://events.example.com", http = "http://events.example.com";

} // namespace

TEST_CASE("a proxy is chosen by the scheme of the destination", "[transport][proxy]") {
  CHECK(!find(https, {}));
  CHECK(find(https, {{"https_proxy", "http://one:3128"}})->host == "one");
  CHECK(find(https, {{"HTTPS_PROXY", "http://one:3128"}})->port == "3128");
  CHECK(!find(https, {{"http_proxy", "http://one"}}));
  CHECK(find(http, {{"http_proxy", "http://one"}})->port == "80");
  CHECK(find(http, {{"all_proxy", "one:8080"}})->port == "8080");
  CHECK(find(https, {{"https_proxy", "http://one"}, {"all_proxy", "http://two"}})->host == "one");
}

TEST_CASE("HTTP_PROXY in capitals is what a client of a CGI host could set: it is not heeded", "[transport][proxy]") {
  CHECK(!find(http, {{"HTTP_PROXY", "http://evil"}}));
}

TEST_CASE("credentials are taken from the proxy's URL", "[transport][proxy]") {
  CHECK(find(https, {{"https_proxy", "http://u:p%40ss@one"}})->credentials == "dTpwQHNz");
}

TEST_CASE("what no_proxy names, and this machine, is reached directly", "[transport][proxy]") {
  const auto direct = [](const std::string& list) {
    return !find(https, {{"https_proxy", "http://one"}, {"no_proxy", list}});
  };
  CHECK(direct("events.example.com"));
  CHECK(direct("a.org, .example.com"));
  CHECK(direct("example.com"));
  CHECK(direct("*"));
  CHECK(!direct("ample.com"));
  CHECK(!direct("other.com"));
  CHECK(!find("http://127.0.0.1:8080", {{"http_proxy", "http://one"}}));
  CHECK(!find("https://localhost", {{"https_proxy", "http://one"}}));
}

TEST_CASE("a proxy that cannot be used is not passed by", "[transport][proxy]") {
  CHECK(find(https, {{"https_proxy", "socks5://one"}})->host == "invalid-proxy.invalid");
  CHECK(find(https, {{"https_proxy", "http://a b"}})->host == "invalid-proxy.invalid");
  for (const char* port : {"", "0", "65536", "99999999999999999999"})
    CHECK(find(https, {{"https_proxy", std::string{"http://10.0.0.1:"} + port}})->host == "invalid-proxy.invalid");
}
