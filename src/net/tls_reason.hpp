#pragma once

#include <string>

namespace sluice {

/// Returns the reason of a failed TLS handshake: the check of the certificate that failed, from OpenSSL's verify
/// result, or else the error, and the peer.
std::string tls_reason(long verify_result, const std::string& error, const std::string& peer);

} // namespace sluice
