#pragma once

#include <optional>
#include <string>

#include <boost/asio/ssl/context.hpp>

#include "sluice/error.hpp"

namespace sluice {

/// PEM files of the certificate (and its chain) that a server shows, and of its key.
struct server_tls_files {
  std::string certificate_file;
  std::string key_file;
};

/// Returns a context for servers. Errors: `invalid_option` with the name of the member as the field.
result<boost::asio::ssl::context> server_tls(const server_tls_files&);

} // namespace sluice
