#include "net/tls_reason.hpp"

#include <openssl/x509_vfy.h>

namespace sluice {

std::string tls_reason(long verify_result, const std::string& error, const std::string& peer) {
  const auto certificate = [&](const std::string& what) { return "the certificate " + what + " (" + peer + ")"; };
  switch (verify_result) {
  case X509_V_OK:
    return error + " (" + peer + ")";
  case X509_V_ERR_UNSPECIFIED: // what OpenSSL makes of a verify callback that refuses a name
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH:
    return certificate("is for another host name");
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return certificate("has expired");
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return certificate("is not valid yet");
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    return certificate("is self-signed");
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_CERT_SIGNATURE_FAILURE: // another authority of the same name
    return certificate("is from an unknown authority");
  default:
    return certificate(std::string{"is refused: "} + X509_verify_cert_error_string(verify_result));
  }
}

} // namespace sluice
