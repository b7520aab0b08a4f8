#include "support/catch.hpp"

#include "core/config/no_proxy.hpp"

using namespace sluice;

TEST_CASE("NO_PROXY names destinations as it does for curl", "[core][proxy]") {
  struct row {
    const char* list;
    const char* host;
    bool exempt;
  };
  const row rows[] = {
      {"", "a.test", false},
      {" , ,", "a.test", false},
      {"*", "a.test", true},
      {"*", "10.0.0.1", true},
      {"b.test, *", "a.test", true},
      {"test", "a.test", true},
      {"test", "test", true},
      {"test", "atest", false},
      {".test", "a.test", true},
      {".test", "test", true},
      {".test", "atest", false},
      {"*.test", "a.test", true},
      {"*.test", "b.a.test", true},
      {"*.test", "atest", false},
      {"a.test", "b.test", false},
      {"b.a.test", "a.test", false},
      {"A.Test", "a.tEST", true},
      {"a.test.", "a.test", true},
      {"a.test", "a.test.", true},
      {".", "a.test", false},
      {"*.", "a.test", false},
      {"x.org,y.org\tz.org  a.test", "a.test", true},
      {"x.org,a.test,", "a.test", true},
      {"a.test:443", "a.test", true},
      {"a.test:8443", "a.test", false},
      {"a.test:", "a.test", false},
      {".test:443", "b.test", true},
      {"*:443", "b.test", true},
      {"*:80", "b.test", false},
      {"10.0.0.1", "10.0.0.1", true},
      {"10.0.0.1:443", "10.0.0.1", true},
      {"10.0.0.1:80", "10.0.0.1", false},
      {"0.0.1", "10.0.0.1", false},
      {"10.0.0.0/8", "10.255.0.1", true},
      {"10.0.0.0/8", "11.0.0.1", false},
      {"10.0.0.0/8", "10.test", false},
      {"10.128.0.0/9", "10.127.0.1", false},
      {"10.128.0.0/9", "10.200.0.1", true},
      {"0.0.0.0/0", "10.0.0.1", true},
      {"10.0.0.1/32", "10.0.0.1", true},
      {"10.0.0.1/33", "10.0.0.1", false},
      {"10.0.0.1/", "10.0.0.1", false},
      {"10.0.0.1/x", "10.0.0.1", false},
      {"10.0.0.0/8", "2001:db8::1", false},
      {"2001:db8::1", "2001:db8::1", true},
      {"2001:DB8:0::1", "2001:db8::1", true},
      {"[2001:db8::1]", "2001:db8::1", true},
      {"[2001:db8::1]:443", "2001:db8::1", true},
      {"[2001:db8::1]:80", "2001:db8::1", false},
      {"2001:db8::/32", "2001:db8:ffff::1", true},
      {"2001:db8::/32", "2001:db9::1", false},
      {"2001:db8::/129", "2001:db8::1", false},
      {"[2001:db8::/32]", "2001:db8::1", true},
  };
  for (const auto& r : rows) {
    INFO("NO_PROXY='" << r.list << "' host " << r.host);
    CHECK(is_exempt(r.host, "443", r.list) == r.exempt);
  }
}
