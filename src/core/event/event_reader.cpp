#include "core/event/event_reader.hpp"

#include <optional>
#include <string>
#include <utility>

#include "core/event/json_copier.hpp"

namespace sluice {

namespace {

// What a longer text has taken is given back when the next one is read.
constexpr std::size_t max_kept = std::size_t{64} * 1024;

// Every integer of so many characters fits in 64 bits.
constexpr std::size_t integer_size = 18;

enum class kind : std::uint8_t { absent, text, integer, object, other };

// A member of an event, as it was given last.
struct member {
  kind is = kind::absent;
  /// A string without quotes and escapes, or checked JSON.
  std::string value{};
};

struct context_member {
  kind is = kind::absent;
  /// As in `checked_context`.
  std::string members{}, traits{};
};

struct event_members {
  member type{}, user_id{}, anonymous_id{}, event{}, name{}, category{}, group_id{}, previous_id{}, properties{},
      traits{}, integrations{}, message_id{}, timestamp{}, original_timestamp{};
  context_member context{};
};

struct known_member {
  std::string_view name;
  member event_members::*where;
};

constexpr known_member known_members[] = {{"type", &event_members::type},
                                          {"userId", &event_members::user_id},
                                          {"anonymousId", &event_members::anonymous_id},
                                          {"event", &event_members::event},
                                          {"name", &event_members::name},
                                          {"category", &event_members::category},
                                          {"groupId", &event_members::group_id},
                                          {"previousId", &event_members::previous_id},
                                          {"properties", &event_members::properties},
                                          {"traits", &event_members::traits},
                                          {"integrations", &event_members::integrations},
                                          {"messageId", &event_members::message_id},
                                          {"timestamp", &event_members::timestamp},
                                          {"originalTimestamp", &event_members::original_timestamp}};

// An id that is no string is sent as its decimal string: for such an integer the text itself.
bool is_its_decimal(std::string_view number) {
  return number.size() <= integer_size && number != "-0" &&
         number.find_first_not_of("-0123456789") == std::string_view::npos;
}

kind kind_of(std::string_view json) {
  switch (json.front()) {
  case 'n':
    return kind::absent;
  case '{':
    return kind::object;
  default:
    return is_its_decimal(json) ? kind::integer : kind::other;
  }
}

// Makes the view of an event of one type from its members. Members that the type does not have may be of any kind.
class view_maker {
public:
  explicit view_maker(const event_members& m) : m_{m} {}

  template <class Event>
  std::optional<event_view> make(event_type type) {
    view_.type = type;
    view_.user_id = id(m_.user_id);
    if constexpr (requires(Event e) { e.anonymous_id; })
      view_.anonymous_id = id(m_.anonymous_id);
    if constexpr (requires(Event e) { e.event; })
      view_.subject = text(m_.event);
    if constexpr (requires(Event e) { e.group_id; })
      view_.subject = id(m_.group_id);
    if constexpr (requires(Event e) { e.previous_id; })
      view_.subject = id(m_.previous_id);
    if constexpr (requires(Event e) { e.category; }) {
      view_.name = text(m_.name);
      view_.category = text(m_.category);
    }
    if constexpr (requires(Event e) { e.properties; })
      object(m_.properties, view_.body);
    if constexpr (requires(Event e) { e.traits; })
      object(m_.traits, view_.body);
    object(m_.integrations, view_.integrations);
    context();
    view_.message_id = id(m_.message_id);
    view_.timestamp = text(m_.timestamp);
    view_.original_timestamp = text(m_.original_timestamp);
    return ok_ ? std::optional{view_} : std::nullopt;
  }

private:
  std::string_view text(const member& m) {
    if (m.is == kind::text)
      return m.value;
    ok_ = ok_ && m.is == kind::absent;
    return {};
  }

  std::string_view id(const member& m) { return m.is == kind::integer ? m.value : text(m); }

  template <class View>
  void object(const member& m, View& view) {
    if (m.is == kind::object)
      view = checked_object{m.value};
    else
      ok_ = ok_ && m.is == kind::absent;
  }

  void context() {
    if (m_.context.is == kind::object)
      view_.context = checked_context{m_.context.members, m_.context.traits};
    else
      ok_ = ok_ && m_.context.is == kind::absent;
  }

  const event_members& m_;
  event_view view_{};
  bool ok_ = true;
};

std::optional<event_view> view_of(const event_members& m) {
  if (m.type.is != kind::text)
    return std::nullopt;
  const auto& type = m.type.value;
  view_maker maker{m};
  if (type == "track")
    return maker.make<track>(event_type::track);
  if (type == "identify")
    return maker.make<identify>(event_type::identify);
  if (type == "page")
    return maker.make<page>(event_type::page);
  if (type == "screen")
    return maker.make<screen>(event_type::screen);
  if (type == "group")
    return maker.make<group>(event_type::group);
  if (type == "alias")
    return maker.make<alias>(event_type::alias);
  return std::nullopt;
}

bool copy(simdjson::ondemand::value& from, int depth, std::string& to) {
  to.clear();
  json_copier copier{to};
  const bool copied = copier.value(from, depth);
  copier.flush();
  return copied;
}

bool read_string(simdjson::ondemand::value& from, std::string& to) {
  const auto given = token_of(from);
  if (is_plain(given)) {
    to.assign(given, 1, given.size() - 2);
    return pass_plain_string(from);
  }
  std::string_view text;
  if (from.get_string().get(text))
    return false;
  to.assign(text);
  return true;
}

} // namespace

// Takes the events that are usual. What it does not take may be valid all the same.
class event_reader::quick_reader {
public:
  std::optional<event_view> read(std::string_view json_text);

private:
  bool read_members();
  bool read_member(simdjson::ondemand::field&);
  bool read_context(simdjson::ondemand::value&);
  bool read_context_member(simdjson::ondemand::field&, json_copier& others);

  /// The text, with the bytes behind it that simdjson may read.
  std::string padded_;
  simdjson::ondemand::parser parser_;
  event_members members_;
  /// Members that are checked, but not sent.
  std::string dropped_;
};

std::optional<event_view> event_reader::quick_reader::read(std::string_view json_text) {
  if (padded_.size() > max_kept)
    *this = quick_reader{};
  padded_.assign(json_text).append(simdjson::SIMDJSON_PADDING, ' ');
  for (const auto& known : known_members)
    (members_.*known.where).is = kind::absent;
  members_.context.is = kind::absent;
  return read_members() ? view_of(members_) : std::nullopt;
}

bool event_reader::quick_reader::read_members() {
  simdjson::ondemand::document document;
  simdjson::ondemand::object members;
  if (parser_.iterate(padded_.data(), padded_.size() - simdjson::SIMDJSON_PADDING, padded_.size()).get(document) ||
      document.get_object().get(members))
    return false;
  for (auto next : members) {
    simdjson::ondemand::field f;
    if (std::move(next).get(f) || !read_member(f))
      return false;
  }
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS; // nothing stands behind it
}

bool event_reader::quick_reader::read_member(simdjson::ondemand::field& f) {
  const auto token = name_token_of(f);
  if (!is_plain(token))
    return false;
  const auto name = token.substr(1, token.size() - 2);
  if (name == "context")
    return read_context(f.value());
  for (const auto& known : known_members) {
    if (known.name != name)
      continue;
    auto& m = members_.*known.where;
    const bool is_string = token_of(f.value()).starts_with('"');
    if (!(is_string ? read_string(f.value(), m.value) : copy(f.value(), 1, m.value)))
      return false;
    m.is = is_string ? kind::text : kind_of(m.value);
    return true;
  }
  return copy(f.value(), 1, dropped_);
}

bool event_reader::quick_reader::read_context(simdjson::ondemand::value& v) {
  auto& context = members_.context;
  if (!token_of(v).starts_with('{')) {
    context.is = token_of(v) == "null" ? kind::absent : kind::other;
    return copy(v, 1, dropped_);
  }
  context.is = kind::object;
  context.members.clear();
  context.traits.clear();
  simdjson::ondemand::object members;
  if (v.get_object().get(members))
    return false;
  json_copier others{context.members};
  for (auto next : members) {
    simdjson::ondemand::field f;
    if (std::move(next).get(f) || !read_context_member(f, others))
      return false;
  }
  others.flush();
  return true;
}

bool event_reader::quick_reader::read_context_member(simdjson::ondemand::field& f, json_copier& others) {
  const auto name = name_token_of(f);
  if (!is_plain(name)) // it might be one of these two
    return false;
  if (name == R"("library")")
    return copy(f.value(), 2, dropped_);
  if (name == R"("traits")")
    return copy(f.value(), 2, members_.context.traits);
  if (!others.is_empty())
    others.punctuation(',');
  return others.member(f, 2);
}

event_reader::event_reader() : quick_{std::make_unique<quick_reader>()} {}
event_reader::event_reader(event_reader&&) noexcept = default;
event_reader& event_reader::operator=(event_reader&&) noexcept = default;
event_reader::~event_reader() = default;

result<event_view> event_reader::read(std::string_view json_text, std::size_t max_bytes) {
  if (json_text.size() <= max_bytes)
    if (const auto view = quick_->read(json_text))
      return *view;
  auto parsed = parse_event(json_text, max_bytes);
  if (!parsed)
    return parsed.error();
  parsed_ = std::move(*parsed);
  return std::visit([](const auto& e) { return view_of(e); }, parsed_);
}

} // namespace sluice
