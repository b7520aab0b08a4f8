#pragma once

#include <cstdint>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace sluice::test {

/// 127.0.0.1 with a port; 0: one that is free.
inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

} // namespace sluice::test
