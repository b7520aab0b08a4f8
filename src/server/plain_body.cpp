#include "server/plain_body.hpp"

#include <memory>
#include <utility>

#include <libdeflate.h>
#include <strings.h>

namespace sluice {

namespace {

constexpr std::size_t least_gzip = 18; // a header and a trailer

error not_gzip() {
  return {errc::invalid_json, "body", "valid gzip was expected"};
}

error too_long(const std::string& bound) {
  return {errc::too_large, "body", "at most " + bound + " were expected after decompression"};
}

bool is(std::string_view word, std::string_view other) {
  return word.size() == other.size() && ::strncasecmp(word.data(), other.data(), other.size()) == 0;
}

// The size that the trailer says. It may lie; then decompression ends with an error.
std::size_t said_size(std::string_view gzip) {
  std::size_t size = 0;
  for (std::size_t i = gzip.size(); i-- > gzip.size() - 4;)
    size = size << 8U | static_cast<unsigned char>(gzip[i]);
  return size;
}

} // namespace

result<std::string> plain_body(std::string body, std::string_view encoding, const plain_body_limits& limits) {
  if (encoding.empty() || is(encoding, "identity"))
    return body.size() > limits.max_bytes ? result<std::string>{too_long(std::to_string(limits.max_bytes) + " bytes")}
                                          : result<std::string>{std::move(body)};
  if (!is(encoding, "gzip"))
    return error{errc::unsupported, "Content-Encoding", "gzip, identity or none was expected"};
  if (body.size() < least_gzip)
    return not_gzip();
  const auto size = said_size(body);
  if (size > limits.max_bytes)
    return too_long(std::to_string(limits.max_bytes) + " bytes");
  if (size > plain_body_limits::exempt && size / body.size() >= limits.max_ratio)
    return too_long(std::to_string(limits.max_ratio) + " bytes for each that was sent");
  std::string text(size, '\0');
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> engine{
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor};
  std::size_t read = 0, written = 0;
  if (!engine || libdeflate_gzip_decompress_ex(engine.get(), body.data(), body.size(), text.data(), size, &read,
                                               &written) != LIBDEFLATE_SUCCESS)
    return not_gzip();
  if (read != body.size() || written != size) // something stands behind the first member
    return not_gzip();
  return text;
}

} // namespace sluice
