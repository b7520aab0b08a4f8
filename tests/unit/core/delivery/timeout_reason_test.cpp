#include "support/catch.hpp"

#include "core/delivery/timeout_reason.hpp"

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("the reason of a timeout says what was waited for, for how long, and the host", "[core][timeout]") {
  using p = attempt_phase;
  struct row {
    attempt_wait wait;
    std::string reason;
  };
  const std::string server = "example.com:443", proxy = "proxy.example.com:3128";
  const row rows[] = {
      {{p::resolve, "example.com", 5s}, "resolving example.com took longer than 5 s"},
      {{p::connect, "127.0.0.1:8080", 5s}, "connecting to 127.0.0.1:8080 took longer than 5 s"},
      {{p::proxy_handshake, proxy, 5s},
       "the TLS handshake with the proxy took longer than 5 s (proxy.example.com:3128)"},
      {{p::tunnel, proxy, 5s}, "opening a tunnel through the proxy took longer than 5 s (proxy.example.com:3128)"},
      {{p::handshake, server, 5s}, "the TLS handshake took longer than 5 s (example.com:443)"},
      {{p::send, server, 10s}, "sending took longer than 10 s (example.com:443)"},
      {{p::answer, server, 20s}, "no answer within 20 s (example.com:443)"},
      {{p::answer, server, 30s, true},
       "the attempt took longer than 30 s; its last step was waiting for an answer (example.com:443)"},
      {{p::resolve, "example.com", 30s, true},
       "the attempt took longer than 30 s; its last step was resolving example.com"},
  };
  for (const auto& [wait, reason] : rows)
    CHECK(timeout_reason(wait) == reason);
}

TEST_CASE("a timeout's duration is in the largest unit that needs no fraction", "[core][timeout]") {
  const std::pair<std::chrono::milliseconds, std::string> rows[] = {
      {1ms, "1 ms"}, {500ms, "500 ms"}, {1s, "1 s"}, {1'500ms, "1500 ms"}, {90s, "90 s"}, {2min, "2 min"}};
  for (const auto& [limit, words] : rows)
    CHECK(timeout_reason({attempt_phase::answer, "h:1", limit}) == "no answer within " + words + " (h:1)");
}
