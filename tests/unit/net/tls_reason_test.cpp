#include "support/catch.hpp"

#include <openssl/x509_vfy.h>

#include "net/tls_reason.hpp"

using namespace sluice;

TEST_CASE("the reason of a failed handshake names the check and the peer", "[transport][tls]") {
  CHECK(tls_reason(X509_V_OK, "stream truncated", "h:443") == "stream truncated (h:443)");
  CHECK(tls_reason(X509_V_ERR_CERT_HAS_EXPIRED, "e", "h:443") == "the certificate has expired (h:443)");
  CHECK(tls_reason(X509_V_ERR_CERT_NOT_YET_VALID, "e", "h:443") == "the certificate is not valid yet (h:443)");
  CHECK(tls_reason(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "e", "h:443") == "the certificate is self-signed (h:443)");
  CHECK(tls_reason(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "e", "h:443") ==
        "the certificate is from an unknown authority (h:443)");
  CHECK(tls_reason(X509_V_ERR_HOSTNAME_MISMATCH, "e", "h:443") == "the certificate is for another host name (h:443)");
  CHECK(tls_reason(X509_V_ERR_CERT_REVOKED, "e", "h:443") == "the certificate is refused: certificate revoked (h:443)");
}
