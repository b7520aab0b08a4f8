#include "core/persistence/dead_edit.hpp"

#include <algorithm>
#include <utility>

#include "core/event/encode.hpp"
#include "core/event/event_reader.hpp"
#include "core/wire/batch_id.hpp"
#include "core/wire/event_chunk.hpp"
#include "core/wire/payload.hpp"

namespace sluice {

namespace {

// What becomes of one event.
struct fate {
  bool is_dropped = false;
  /// The edit that replaces it, by its number; -1: none.
  std::ptrdiff_t edit = -1;

  bool is_kept() const noexcept { return !is_dropped && edit < 0; }
};

std::string path_of(const char* list, std::size_t n) {
  return std::string{list} + "[" + std::to_string(n) + "]";
}

result<fate*> fate_at(std::vector<fate>& all, std::size_t index, const std::string& path) {
  if (index >= all.size())
    return error{errc::invalid_option, path,
                 "must be from 0 to " + std::to_string(all.size() - 1) + ": there is no event " +
                     std::to_string(index)};
  if (!all[index].is_kept())
    return error{errc::invalid_option, path, "names event " + std::to_string(index) + " a second time"};
  return &all[index];
}

result<std::vector<fate>> fates_of(std::size_t events, const batch_edit& change) {
  if (change.drop.empty() && change.edit.empty())
    return error{errc::missing_field, "drop", "or edit was expected"};
  std::vector<fate> all(events);
  for (std::size_t i = 0; i < change.drop.size(); ++i) {
    const auto one = fate_at(all, change.drop[i], path_of("drop", i));
    if (!one)
      return one.error();
    (*one)->is_dropped = true;
  }
  for (std::size_t i = 0; i < change.edit.size(); ++i) {
    const auto one = fate_at(all, change.edit[i].index, path_of("edit", i) + ".index");
    if (!one)
      return one.error();
    (*one)->edit = static_cast<std::ptrdiff_t>(i);
  }
  if (change.drop.size() == events)
    return error{errc::invalid_option, "drop", "must leave an event: purge the dead letter to drop them all"};
  return all;
}

// Appends the event that takes the place of `old`.
class replacement_encoder {
public:
  explicit replacement_encoder(const dead_edit_context& c) : context_{c} {}

  result<std::string> encoded(std::string_view text, std::string_view old) {
    auto view = reader_.read(text);
    if (!view)
      return view.error();
    const auto old_id = message_id_of(old);
    if (view->message_id.empty() && old_id)
      view->message_id = *old_id;
    std::string out;
    const auto id = encode(
        out, *view, {.max_event_bytes = context_.most.max_event_bytes, .now = context_.now, .ids = context_.ids});
    return id ? result<std::string>{std::move(out)} : id.error();
  }

private:
  const dead_edit_context& context_;
  event_reader reader_;
};

error error_of_event(std::size_t edit, error why) {
  why.field = path_of("edit", edit) + ".event" + (why.field.empty() ? "" : "." + why.field);
  return why;
}

result<event_chunk> edited_events(const std::vector<std::string_view>& old, const std::vector<fate>& fates,
                                  const batch_edit& change, const dead_edit_context& c) {
  replacement_encoder encoder{c};
  event_chunk all;
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (fates[i].is_kept())
      all.append(old[i], nullptr);
    if (fates[i].edit < 0)
      continue;
    const auto number = static_cast<std::size_t>(fates[i].edit);
    const auto encoded = encoder.encoded(change.edit[number].event, old[i]);
    if (!encoded)
      return error_of_event(number, encoded.error());
    all.append(*encoded, nullptr);
  }
  return all;
}

} // namespace

result<edited_dead> edit_dead(const dead_letter& letter, const batch_edit& change, const dead_edit_context& c) {
  const auto body = open_payload(*letter.payload);
  if (!body)
    return body.error();
  const auto old = events_of(*body);
  if (!old)
    return old.error();
  if (old->size() != letter.events || old->empty())
    return error{errc::invalid_json, "payload", "the payload has another number of events than was stored"};
  const auto fates = fates_of(old->size(), change);
  if (!fates)
    return fates.error();
  const auto events = edited_events(*old, *fates, change, c);
  if (!events)
    return events.error();
  const auto most = std::clamp(c.most.max_batch_bytes, body->size(), max_body_bytes);
  if (const auto bytes = body_overhead + events->bytes.size(); bytes > most)
    return error{errc::too_large, "edit",
                 "makes a batch of " + std::to_string(bytes) + " bytes, at most " + std::to_string(most) +
                     " were expected"};
  auto id = edited_batch_id(letter.id);
  if (!is_batch_id(id))
    return error{errc::unsupported, "id",
                 "the new id of the batch would not be valid: " + std::to_string(id.size()) + " characters"};
  payload_sealer sealer;
  return edited_dead{.by = std::make_shared<const batch>(
                         batch{.id = std::move(id),
                               .events = static_cast<std::uint32_t>(events->size()),
                               .payload = sealer.seal(events->bytes, is_gzip(*letter.payload), c.now)}),
                     .dropped = change.drop.size(),
                     .edited = change.edit.size()};
}

} // namespace sluice
