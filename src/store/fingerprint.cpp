#include "store/fingerprint.hpp"

#include <array>

#include <openssl/evp.h>

#include "core/config/endpoint.hpp"

namespace sluice {

std::string fingerprint_of(const options& o) {
  // Two spellings of one URL are one destination. Queues for https have fingerprints without a scheme.
  const auto to = parse_endpoint(o.data_plane_url, true);
  const auto url = to ? (to->tls ? "" : "http://") + to->authority() + to->target : o.data_plane_url;
  const auto text = url + "\n" + o.write_key;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (std::size_t i = 0; i < 16; ++i) {
    hex += digits[digest[i] >> 4U];
    hex += digits[digest[i] & 15U];
  }
  return hex;
}

} // namespace sluice
