#pragma once

#include <string>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "sluice/error.hpp"

namespace sluice {

/// The PEM files of a client.
struct client_tls_files {
  std::string ca_file{};          ///< The authorities that are trusted; empty: those of the system.
  std::string certificate_file{}; ///< Who the client is; empty: it does not say.
  std::string key_file{};         ///< The key of that certificate.
};

/// Lets a context trust and be what the files say, with TLS 1.2 or newer. Errors: `store_failed` with the name of the
/// member that cannot be used; without trusted authorities every handshake fails, and its error says so.
result<void> use_files(boost::asio::ssl::context&, const client_tls_files&);

/// Lets the handshake fail unless the peer's certificate is for this host, and asks for it.
template <class Stream>
void expect_host(boost::asio::ssl::stream<Stream>& tls, const std::string& host) {
  boost::system::error_code ignored, no_address;
  tls.set_verify_mode(boost::asio::ssl::verify_peer, ignored);
  tls.set_verify_callback(boost::asio::ssl::host_name_verification(host), ignored);
  // SNI carries names, not addresses. If the server rejects the name, the handshake fails.
  boost::asio::ip::make_address(host, no_address);
  if (no_address)
    SSL_set_tlsext_host_name(tls.native_handle(), host.c_str());
}

} // namespace sluice
