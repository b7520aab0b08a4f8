#include "core/event/edit_reader.hpp"

#include <optional>
#include <utility>

#include <simdjson.h>

#include "core/event/json_copier.hpp"

namespace sluice {

namespace {

namespace on_demand = simdjson::ondemand;

error wrong_member(std::string path, std::string message) {
  return {errc::wrong_kind, std::move(path), std::move(message)};
}

error wrong_text(simdjson::error_code why) {
  if (why == simdjson::UTF8_ERROR)
    return {errc::invalid_utf8, "", "UTF-8 was expected"};
  if (why == simdjson::INCORRECT_TYPE)
    return wrong_member("", "a JSON object was expected");
  return {errc::invalid_json, "", "valid JSON was expected"};
}

// Calls `visit(name, value)` for each member, whose result is an error or nothing. The name has no escapes.
template <class Visit>
result<void> each_member(on_demand::object members, const Visit& visit) {
  for (auto next : members) {
    on_demand::field member;
    if (const auto why = std::move(next).get(member))
      return wrong_text(why);
    std::string_view name;
    if (const auto why = member.unescaped_key().get(name))
      return wrong_text(why);
    if (auto done = visit(std::string{name}, member.value()); !done)
      return done;
  }
  return {};
}

// Calls `visit(path, value)` for each element of a list.
template <class Visit>
result<void> each_element(on_demand::value& list, const std::string& path, const Visit& visit) {
  on_demand::array elements;
  if (list.get_array().get(elements))
    return wrong_member(path, "must be a list");
  std::size_t count = 0;
  for (auto next : elements) {
    on_demand::value element;
    if (const auto why = decltype(next){next}.get(element)) // `get` is for temporaries only
      return wrong_text(why);
    if (auto done = visit(path + "[" + std::to_string(count++) + "]", element); !done)
      return done;
  }
  return {};
}

result<void> read_index(on_demand::value& from, const std::string& path, std::size_t& to) {
  std::uint64_t n = 0;
  if (from.get_uint64().get(n))
    return wrong_member(path, "must be the place of an event: a whole number from 0");
  to = static_cast<std::size_t>(n);
  return {};
}

// `path`: what stands before the names of its members.
result<event_edit> read_edit(on_demand::object members, const std::string& path) {
  event_edit edit;
  bool has_index = false, has_event = false;
  const auto read = each_member(members, [&](const std::string& name, on_demand::value& value) -> result<void> {
    auto* has = name == "index" ? &has_index : name == "event" ? &has_event : nullptr;
    if (!has)
      return wrong_member(path + name, "is unknown: index and event are known");
    if (std::exchange(*has, true))
      return wrong_member(path + name, "is there twice");
    if (has == &has_index)
      return read_index(value, path + name, edit.index);
    std::string_view text;
    if (const auto why = text_of_value(value).get(text))
      return wrong_text(why);
    edit.event = text;
    return {};
  });
  if (!read)
    return read.error();
  if (!has_index || !has_event)
    return error{errc::missing_field, path + (has_index ? "event" : "index"), "is required"};
  return edit;
}

result<void> read_edits(on_demand::value& list, std::vector<event_edit>& to) {
  return each_element(list, "edit", [&](const std::string& path, on_demand::value& element) -> result<void> {
    on_demand::object members;
    if (element.get_object().get(members))
      return wrong_member(path, "must be an object with index and event");
    auto edit = read_edit(members, path + ".");
    if (!edit)
      return edit.error();
    to.push_back(std::move(*edit));
    return {};
  });
}

result<void> read_drops(on_demand::value& list, std::vector<std::size_t>& to) {
  return each_element(list, "drop", [&](const std::string& path, on_demand::value& element) {
    return read_index(element, path, to.emplace_back());
  });
}

result<batch_edit> read_whole(on_demand::object members) {
  batch_edit all;
  bool has_drop = false, has_edit = false;
  const auto read = each_member(members, [&](const std::string& name, on_demand::value& value) -> result<void> {
    auto* has = name == "drop" ? &has_drop : name == "edit" ? &has_edit : nullptr;
    if (!has)
      return wrong_member(name, "is unknown: drop and edit are known");
    if (std::exchange(*has, true))
      return wrong_member(name, "is there twice");
    return has == &has_drop ? read_drops(value, all.drop) : read_edits(value, all.edit);
  });
  return read ? result<batch_edit>{std::move(all)} : read.error();
}

// Returns what `read` makes of the only object of a text.
template <class Read>
auto read_object(std::string_view json_text, std::size_t max_bytes, const Read& read)
    -> decltype(read(on_demand::object{})) {
  if (json_text.size() > max_bytes)
    return error{errc::too_large, "",
                 std::to_string(json_text.size()) + " bytes, at most " + std::to_string(max_bytes) + " were expected"};
  const simdjson::padded_string padded{json_text};
  on_demand::parser parser;
  on_demand::document document;
  on_demand::object members;
  if (const auto why = parser.iterate(padded).get(document))
    return wrong_text(why);
  if (const auto why = document.get_object().get(members))
    return wrong_text(why);
  auto done = read(members);
  if (done && document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return error{errc::invalid_json, "", "nothing was expected behind the object"};
  return done;
}

} // namespace

result<batch_edit> read_batch_edit(std::string_view json_text, std::size_t max_bytes) {
  return read_object(json_text, max_bytes, [](const on_demand::object& members) { return read_whole(members); });
}

result<event_edit> read_event_edit(std::string_view json_text, std::size_t max_bytes) {
  return read_object(json_text, max_bytes, [](const on_demand::object& members) { return read_edit(members, ""); });
}

} // namespace sluice
