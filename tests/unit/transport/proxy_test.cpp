#include "support/catch.hpp"

#include <map>
#include <optional>
#include <string>

#include "support/deliveries.hpp"
#include "support/environment_variable.hpp"
#include "transport/make_transport.hpp"
#include "transport/proxy.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

result<std::optional<proxy>> look(const std::string& url, std::map<std::string, std::string> variables) {
  return proxy_for(*parse_endpoint(url, true), [variables = std::move(variables)](const std::string& name) {
    const auto i = variables.find(name);
    return i == variables.end() ? std::string{} : i->second;
  });
}

std::optional<proxy> find(const std::string& url, std::map<std::string, std::string> variables) {
  return *look(url, std::move(variables));
}

const std::string https = "https://events.example.com", http = "http://events.example.com";

} // namespace

TEST_CASE("a proxy is chosen by the scheme of the destination", "[transport][proxy]") {
  CHECK(!find(https, {}));
  CHECK(find(https, {{"https_proxy", "http://one:3128"}})->host == "one");
  CHECK(find(https, {{"HTTPS_PROXY", "http://one:3128"}})->port == "3128");
  CHECK(!find(https, {{"http_proxy", "http://one"}}));
  CHECK(find(http, {{"http_proxy", "http://one"}})->port == "80");
  CHECK(!find(http, {{"http_proxy", "http://one"}})->tls);
  CHECK(find(https, {{"https_proxy", "https://one"}})->port == "443");
  CHECK(find(https, {{"https_proxy", "https://one:8443"}})->tls);
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

TEST_CASE("a proxy that cannot be used is an error with the name of the variable", "[transport][proxy]") {
  const auto wrong = [](const char* name, const std::string& value) {
    const auto p = look(https, {{name, value}});
    REQUIRE(!p);
    CHECK(p.error().field == name);
    return p.error().message;
  };
  for (const char* url : {"socks5://one", "socks5h://u:p@one:1080", "ftp://one"})
    CHECK(wrong("HTTPS_PROXY", url) == "must begin with http:// or https://: no other scheme is supported");
  CHECK(wrong("all_proxy", "socks4://one") == "must begin with http:// or https://: no other scheme is supported");
  CHECK(wrong("https_proxy", "http://a b") == "must be a URL, as in http://proxy.example.com:3128");
  CHECK(wrong("https_proxy", "http://") == "must name a host, and a port from 1 to 65535 or none");
  for (const char* host : {"a%0d%0ab", "a%00b", "a%20b"})
    CHECK(wrong("https_proxy", std::string{"http://"} + host + ":3128") ==
          "must name a host of letters, digits, hyphens, underscores and dots, or an address");
  for (const char* port : {"", "0", "65536", "99999999999999999999"})
    CHECK(wrong("https_proxy", std::string{"http://10.0.0.1:"} + port) ==
          "must name a host, and a port from 1 to 65535 or none");
}

TEST_CASE("a proxy whose name begins with an address is never taken for the address", "[transport][proxy]") {
  const auto p = look(https, {{"https_proxy", "http://10.0.0.1.example.com:3128"}});
  if (p) // Boost.URL 1.81 cannot read it, and it is refused.
    CHECK((*p)->host == "10.0.0.1.example.com");
  else
    CHECK(p.error().message == "must name a host of letters, digits, hyphens, underscores and dots, or an address");
}

TEST_CASE("a proxy that cannot be used fails every attempt, and is not bypassed", "[transport][proxy]") {
  const environment_variable set{"https_proxy", "socks5://127.0.0.1:1"};
  const auto t = make_transport({.write_key = "k", .data_plane_url = "https://events.invalid"});
  const auto answer = test::send(*t);
  CHECK(answer.failure == transport_failure::proxy);
  CHECK(answer.detail == "https_proxy must begin with http:// or https://: no other scheme is supported");
}
