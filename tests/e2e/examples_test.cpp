#include "support/catch.hpp"

#include "support/http_server.hpp"
#include "support/process.hpp"

using namespace sluice::test;

namespace {

const std::string examples = SLUICE_EXAMPLES_DIR;

std::string at(const http_server& server) {
  return "SLUICE_URL=" + server.url();
}

} // namespace

TEST_CASE("the smallest example delivers its event", "[e2e][examples]") {
  http_server server;
  const auto done = run({examples + "/minimal"}, "", {at(server)});
  CHECK(done.status == 0);
  CHECK(done.out == "delivered 1\n");
  CHECK(done.err == "");
  CHECK(server.requests().size() == 1);
}

TEST_CASE("an example says what is wrong with its options", "[e2e][examples]") {
  const auto done = run({examples + "/minimal"}, "", {"SLUICE_URL=nowhere"});
  CHECK(done.status == 2);
  CHECK(done.err.find("data_plane_url: ") == 0);
}

TEST_CASE("the backpressure-aware producer loses nothing although the buffer is small", "[e2e][examples]") {
  http_server server;
  const auto done = run({examples + "/backpressure"}, "", {at(server)});
  INFO(done.out << done.err);
  CHECK(done.status == 0);
  CHECK(done.out.find("sent 5000\n") == 0);
}

TEST_CASE("threads with a client", "[e2e][examples]") {
  http_server server;
  const auto done = run({examples + "/threads"}, "", {at(server)});
  CHECK(done.status == 0);
  CHECK(done.out == "delivered 1000\n");
}

TEST_CASE("a second process sends events to the published buffer", "[e2e][examples]") {
  http_server server;
  process owner{{examples + "/remote", "serve"}, "", {at(server)}};
  const auto sender = run({examples + "/remote", "send", owner.wait_for_line("")});
  CHECK(sender.err == "");
  CHECK(sender.out == "stored 10\n");
  owner.say("done");
  const auto done = owner.wait();
  CHECK(done.status == 0);
  CHECK(done.out.find("delivered 10\n") != std::string::npos);
}
