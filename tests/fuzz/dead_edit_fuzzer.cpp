// Edits of a dead letter: what comes of one is a batch with the events that it leaves, and fits together.
#include <string>

#include <nlohmann/json.hpp>

#include "core/persistence/dead_edit.hpp"
#include "core/wire/batch_id.hpp"
#include "core/wire/payload.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

using namespace sluice;
using nlohmann::json;

namespace {

constexpr std::chrono::system_clock::time_point now{std::chrono::hours{480'000}};
constexpr std::uint32_t events_of_letter = 4;

dead_letter letter() {
  std::string events;
  for (std::uint32_t i = 0; i < events_of_letter; ++i)
    events += (i > 0 ? ",\n" : "") + (R"({"messageId":"m)" + std::to_string(i)) +
              R"(","type":"track","userId":"u","event":"e"})";
  return {.id = "a-1", .events = events_of_letter, .payload = payload_sealer{}.seal(events, false, now)};
}

void check_edited(const batch_edit& change, const edited_dead& edited) {
  const auto& by = *edited.by;
  require(edited.dropped == change.drop.size() && edited.edited == change.edit.size(), "everything asked for is done");
  require(by.id == "a-1.e1" && is_batch_id(by.id), "the new id names the old one");
  require(by.events + edited.dropped == events_of_letter && by.events > 0, "only what is dropped is gone");
  const auto ids = message_ids_of(*by.payload);
  require(ids && ids->size() == by.events, "each event has a message id");
  const auto body = json::parse(*open_payload(*by.payload), nullptr, false);
  require(body.is_object() && body["batch"].size() == by.events, "the batch is JSON");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of(data, size);
  (void)read_event_edit(text, 4'096);
  const auto change = read_batch_edit(text, 4'096);
  if (!change) {
    require(!change.error().message.empty(), "what is wrong is said");
    return 0;
  }
  static const auto dead = letter();
  uuid_source ids{1};
  const auto edited = edit_dead(dead, *change, {.most = {2'048, 8'192}, .now = now, .ids = ids});
  if (edited)
    check_edited(*change, *edited);
  else
    require(edited.error().field.starts_with("drop") || edited.error().field.starts_with("edit"),
            "an error names a part of the edit");
  return 0;
}
