// A request for events behind its header: authorization, decompression, batch, events, and the answer.
#include <string>

#include <nlohmann/json.hpp>

#include "core/event/json_reader.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "server/event_request.hpp"
#include "server/key_set.hpp"
#include "server/plain_body.hpp"

using namespace sluice;
using nlohmann::json;

namespace {

constexpr std::chrono::system_clock::time_point now{std::chrono::hours{480'000}};
constexpr plain_body_limits bounds{.max_bytes = std::size_t{1} << 20, .max_ratio = 100};

// Where another parser takes the whole body, no event of it is passed over.
void check_all_events(const std::string& body, const events_of_request& read) {
  constexpr std::size_t levels_around = 3;
  const auto whole = read_json(body, bounds.max_bytes, levels_around);
  if (whole && whole->is_object() && whole->contains("batch") && whole->at("batch").is_array())
    require(read.valid.size() + read.invalid.count == whole->at("batch").size(), "every event is valid or not");
}

void check_answer(const reply& r) {
  require(json::accept(r.body), "an answer is JSON");
  require(r.body.size() <= std::size_t{1} << 17, "an answer has a bound");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  static const key_set keys{{{.key = "a key"}, {.key = "k"}}};
  static intake into{options{}};
  static event_request_reader reader{into};
  const std::string bytes{text_of(data + 1, size - 1)};
  (void)keys.allows_basic(bytes);
  (void)keys.allows_basic("Basic " + bytes);
  (void)keys.bearer("Bearer " + bytes);
  const auto plain = plain_body(bytes, (data[0] & 1U) != 0 ? "gzip" : "", bounds);
  if (!plain)
    return check_answer(failed_reply(plain.error())), 0;
  require(plain->size() <= bounds.max_bytes, "a body has a bound");
  const bool is_batch = (data[0] & 2U) == 0;
  const auto read = reader.read(*plain, is_batch ? "" : "track", now);
  if (!read)
    return check_answer(failed_reply(read.error())), 0;
  if (is_batch)
    check_all_events(*plain, *read);
  else
    require(read->valid.size() + read->invalid.count == 1, "a path that says the type takes one event");
  require(read->valid.partitions.size() == read->valid.size(), "each event has a partition");
  for (std::size_t i = 0; i < read->valid.size(); ++i) {
    const auto encoded = std::string_view{read->valid.bytes}.substr(read->valid.begin_of(i), read->valid.size_of(i));
    require(json::accept(encoded) && encoded.find('\n') == std::string_view::npos, "an event is a line of JSON");
  }
  check_answer(stored_reply(read->valid.size(), read->invalid));
  return 0;
}
