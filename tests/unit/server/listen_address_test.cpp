#include "support/catch.hpp"

#include <cstring>

#include "server/listen_address.hpp"
#include "server/listener.hpp"
#include "support/process.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace sluice;
using namespace sluice::test;

namespace {

std::string read_back(std::string_view text) {
  const auto a = parse_listen_address(text);
  return a ? url_of(*a, false) : a.error().field;
}

} // namespace

TEST_CASE("addresses to listen on are read, and what is none is refused", "[unit][server]") {
  CHECK(read_back("127.0.0.1:8423") == "http://127.0.0.1:8423");
  CHECK(read_back("localhost:0") == "http://127.0.0.1:0");
  CHECK(read_back("[::1]:80") == "http://[::1]:80");
  CHECK(read_back("unix:/run/s.sock") == "unix:/run/s.sock");
  for (const auto* wrong : {"", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8 ",
                            "::1:80", "[127.0.0.1]:80", "events.example.com:80", "unix:"}) {
    INFO(wrong);
    CHECK(read_back(wrong) == "listen");
  }
  CHECK(read_back("unix:/" + std::string(107, 'x')) == "listen");
}

TEST_CASE("only loopback and Unix sockets are local", "[unit][server]") {
  CHECK(parse_listen_address("127.9.9.9:1")->is_local());
  CHECK(parse_listen_address("[::1]:1")->is_local());
  CHECK(parse_listen_address("unix:x")->is_local());
  CHECK(!parse_listen_address("0.0.0.0:1")->is_local());
  CHECK(!parse_listen_address("[::]:1")->is_local());
  CHECK(!parse_listen_address("[::ffff:127.0.0.1]:1")->is_local());
}

TEST_CASE("a listener has a port, keeps others away from its address, and leaves no file behind", "[unit][server]") {
  const auto first = listener::open(*parse_listen_address("127.0.0.1:0"));
  REQUIRE(first);
  CHECK(first->address().port != 0);
  const auto second = listener::open(first->address());
  REQUIRE(!second);
  CHECK(second.error().field == "listen");

  temporary_folder folder;
  const auto path = folder.path() + "/s.sock";
  const auto to = *parse_listen_address("unix:" + path);
  {
    const auto one = listener::open(to);
    REQUIRE(one);
    CHECK(!listener::open(to));
    CHECK(::access(path.c_str(), F_OK) == 0);
  }
  CHECK(::access(path.c_str(), F_OK) != 0);
  { // as a kill leaves it: the file is there, and nobody listens
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const int dead = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(dead);
    CHECK(listener::open(to));
  }
  folder.write("s.sock", "a file of somebody's");
  CHECK(!listener::open(to));
  CHECK(read_file(path) == "a file of somebody's");
}

TEST_CASE("a socket that listens is taken over, and no other", "[unit][server]") {
  auto made = listener::open(*parse_listen_address("127.0.0.1:0"));
  REQUIRE(made);
  const auto port = made->address().port;
  const auto taken = listener::adopt(::dup(made->descriptor()));
  REQUIRE(taken);
  CHECK(taken->address().port == port);
  CHECK(taken->address().is_local());
  CHECK(listener::adopt(0).error().field == "listening_socket");
}
