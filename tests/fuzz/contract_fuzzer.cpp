// Requests to the sink. The first byte of the input says whether the body is compressed.
#include <string>

#include "cli/sink/contract.hpp"
#include "core/wire/payload.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  auto rest = text_of(data + 1, size - 1);
  const auto authorization = take_line(rest);
  const auto ids = check_contract({.method = "POST",
                                   .target = "/v1/batch",
                                   .authorization = authorization,
                                   .content_type = "application/json",
                                   .content_encoding = data[0] == 'z' ? "gzip" : "",
                                   .user_agent = "sluice",
                                   .idempotency_key = "a-1"},
                                  std::string{rest});
  if (!ids) {
    require(!ids.error().field.empty(), "an error names the part that is wrong");
    return 0;
  }
  require(!ids->empty(), "a batch has an event");
  for (const auto& id : *ids)
    require(!id.empty(), "an event has an id");
  return 0;
}
