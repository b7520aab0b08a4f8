// A line of JSON on its way through the library: reader, encoder, payload. What the sink would say of it as well.
#include <string>

#include <nlohmann/json.hpp>

#include "cli/sink/contract.hpp"
#include "core/event/event_reader.hpp"
#include "core/wire/payload.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "sluice/detail/json_wire.hpp"

using namespace sluice;
using nlohmann::json;

namespace {

constexpr std::chrono::system_clock::time_point now{std::chrono::hours{480'000}};

result<std::string> encode_into(std::string& out, const event& e) {
  uuid_source ids{1};
  const encode_context context{.max_event_bytes = std::size_t{1} << 16, .now = now, .ids = ids};
  return std::visit([&](const auto& typed) { return encode(out, view_of(typed), context); }, e);
}

void check_encoded(std::string_view given, const std::string& encoded, const std::string& id) {
  require(encoded.find('\n') == std::string::npos, "an encoded event is one line");
  const auto sent = json::parse(encoded, nullptr, false), before = json::parse(given, nullptr, false);
  require(sent.is_object(), "an encoded event is JSON");
  require(sent.at("messageId") == id, "an encoded event has the id that is returned");
  require(sent.at("type") == before.at("type"), "an event keeps its type");
  for (const char* member : {"properties", "traits", "integrations"})
    if (sent.contains(member))
      require(sent.at(member) == before.at(member), "an event keeps its JSON");
}

void check_again(const std::string& encoded) {
  const auto again = parse_event(encoded);
  if (!again && again.error().code == errc::too_deep)
    return; // the traits of an identify are one level deeper in its context
  require(again.has_value(), "an encoded event is an event");
  std::string twice;
  require(encode_into(twice, *again).has_value(), "an encoded event can be encoded");
  require(json::parse(twice) == json::parse(encoded), "an encoded event is encoded as it is"); // -0 becomes 0
}

void check_sent(const std::string& encoded, const std::string& id) {
  static payload_sealer sealer;
  for (const bool gzip : {false, true}) {
    const auto payload = sealer.seal(encoded, gzip, now);
    const auto ids = message_ids_of(*payload);
    require(ids && ids->size() == 1 && ids->front() == id, "a payload has the message id of its event");
    const auto seen = check_contract({.method = "POST",
                                      .target = "/v1/batch",
                                      .authorization = "Basic azo=",
                                      .content_type = "application/json",
                                      .content_encoding = gzip ? "gzip" : "",
                                      .user_agent = "sluice",
                                      .idempotency_key = "a-1"},
                                     *payload);
    require(seen && seen->size() == 1 && seen->front() == id, "the sink takes what the library sends");
  }
}

// A reader that was given other lines before takes and rejects what the parser of trees does.
void check_reader(std::string_view line, const result<event>& expected) {
  static event_reader reader;
  const auto found = reader.read(line);
  require(found.has_value() == expected.has_value(), "a reader takes what is taken from a tree");
  if (!found) {
    require(found.error().code == expected.error().code && found.error().field == expected.error().field &&
                found.error().message == expected.error().message,
            "a reader says what is wrong as it is said of a tree");
    return;
  }
  uuid_source ids{1}, same_ids{1};
  std::string text, from_tree;
  constexpr std::size_t most = std::size_t{1} << 24; // the two may differ in size
  const auto id = encode(text, *found, {.max_event_bytes = most, .now = now, .ids = ids});
  const auto same_id = std::visit(
      [&](const auto& e) {
        return encode(from_tree, view_of(e), {.max_event_bytes = most, .now = now, .ids = same_ids});
      },
      *expected);
  require(id == same_id, "a reader's event has the id or the error of the event from a tree");
  require(text.find('\n') == std::string::npos, "a reader's event is one line");
  require(!id || json::parse(text) == json::parse(from_tree), "a reader's event is that from a tree");
}

void check_wire(std::string_view line) {
  const auto value = json_from_wire(line);
  if (value.is_discarded())
    return;
  const auto text = json_to_wire(value);
  require(text == "!" || json_from_wire(text) == value, "JSON arrives at another process as it was");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto line = text_of(data, size);
  check_wire(line);
  const auto e = parse_event(line);
  check_reader(line, e);
  if (!e) {
    require(e.error().code != errc::invalid_json || !json::accept(line) || line.find('\0') != line.npos,
            "what is called invalid JSON is that");
    return 0;
  }
  require(json::accept(line), "an event is read from JSON");
  std::string out = "kept";
  const auto id = encode_into(out, *e);
  if (!id) {
    require(out == "kept", "an event that is rejected leaves nothing");
    return 0;
  }
  out.erase(0, 4);
  check_encoded(line, out, *id);
  check_again(out);
  check_sent(out, *id);
  return 0;
}
