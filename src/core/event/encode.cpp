#include "core/event/encode.hpp"

#include "core/event/json_writer.hpp"
#include "sluice/version.hpp"

namespace sluice {

namespace {

constexpr std::size_t max_message_id = 128;
constexpr std::string_view library = R"({"library":{"name":"sluice","version":")" SLUICE_VERSION_STRING R"("})";

constexpr std::string_view name_of(event_type t) {
  constexpr std::string_view names[] = {"track", "identify", "page", "screen", "group", "alias"};
  return names[static_cast<std::size_t>(t)];
}

constexpr std::string_view subject_field(event_type t) {
  return t == event_type::track ? "event" : t == event_type::group ? "groupId" : "previousId";
}

constexpr std::string_view body_field(event_type t) {
  return t == event_type::identify || t == event_type::group ? "traits" : "properties";
}

template <class View>
bool is_absent(const View& v) {
  const auto* j = std::get_if<const nlohmann::json*>(&v);
  return std::holds_alternative<std::monostate>(v) || (j && (*j)->is_null());
}

class encoder {
public:
  encoder(std::string& out, const event_view& e, const encode_context& c) : out_{out}, w_{out}, e_{e}, c_{c} {}

  result<std::string> run() {
    check_ids();
    auto id = message_id();
    w_.raw(R"(","type":")");
    w_.raw(name_of(e_.type));
    w_.raw(R"(","channel":"server")");
    text("userId", e_.user_id);
    text("anonymousId", e_.anonymous_id);
    text(subject_field(e_.type), e_.subject);
    text("name", e_.name);
    text("category", e_.category);
    body(body_field(e_.type));
    context();
    integrations();
    if (!e_.timestamp.empty())
      date("timestamp", e_.timestamp);
    date("originalTimestamp", e_.original_timestamp);
    w_.raw("}");
    if (!w_.ok())
      return w_.first_error();
    return id;
  }

private:
  void missing(std::string_view field, std::string message) {
    w_.fail(errc::missing_field, std::string{field}, std::move(message));
  }

  void check_ids() {
    if (e_.type == event_type::alias) {
      if (e_.user_id.empty())
        missing("userId", "is required");
    } else if (e_.user_id.empty() && e_.anonymous_id.empty()) {
      missing("userId", "userId or anonymousId is required");
    }
    const bool needs_subject =
        e_.type == event_type::track || e_.type == event_type::group || e_.type == event_type::alias;
    if (needs_subject && e_.subject.empty())
      missing(subject_field(e_.type), "is required and must not be empty");
  }

  // Writes up to the closing quote.
  std::string message_id() {
    w_.raw(R"({"messageId":)");
    if (e_.message_id.size() > max_message_id)
      w_.fail(errc::too_large, "messageId", "at most " + std::to_string(max_message_id) + " bytes were expected");
    std::string id{e_.message_id};
    if (id.empty())
      c_.ids.append(id);
    w_.string(id, "messageId");
    out_.pop_back();
    return id;
  }

  void key(std::string_view name) {
    w_.raw(",\"");
    w_.raw(name);
    w_.raw("\":");
  }

  void text(std::string_view name, std::string_view value) {
    if (value.empty())
      return;
    key(name);
    w_.string(value, name);
  }

  void tree(const nlohmann::json& value, std::string_view field, int depth = 1) {
    if (!value.is_object() && !value.is_discarded())
      return w_.fail(errc::wrong_kind, std::string{field},
                     std::string{"an object was expected, not "} + value.type_name());
    w_.value(value, field, depth);
  }

  void integrations() {
    if (is_absent(e_.integrations))
      return;
    key("integrations");
    if (const auto* checked = std::get_if<checked_object>(&e_.integrations))
      w_.raw(checked->text);
    else
      tree(*std::get<const nlohmann::json*>(e_.integrations), "integrations");
  }

  void list(std::span<const property> properties, std::string_view field) {
    w_.raw("{");
    for (const auto& p : properties) {
      if (&p != properties.data())
        w_.raw(",");
      w_.string(p.key, field);
      w_.raw(":");
      const bool was_ok = w_.ok();
      w_.value(p.value, "");
      if (was_ok && !w_.ok())
        w_.put_before_field(std::string{field} + "." + std::string{p.key});
    }
    w_.raw("}");
  }

  void body_value(std::string_view field) {
    if (const auto* j = std::get_if<const nlohmann::json*>(&e_.body))
      tree(**j, field);
    else if (const auto* checked = std::get_if<checked_object>(&e_.body))
      w_.raw(checked->text);
    else
      list(std::get<std::span<const property>>(e_.body), field);
  }

  bool has_body() const {
    const auto* l = std::get_if<std::span<const property>>(&e_.body);
    return l ? !l->empty() : !is_absent(e_.body);
  }

  void body(std::string_view name) {
    if (!has_body())
      return;
    key(name);
    body_value(name);
  }

  // `library` is always ours. An identify's traits are copied to its context.
  void context() {
    key("context");
    w_.raw(library);
    const bool copies_traits = e_.type == event_type::identify && has_body();
    if (copies_traits) {
      key("traits");
      body_value("traits");
    }
    if (const auto* checked = std::get_if<checked_context>(&e_.context))
      context_members(*checked, copies_traits);
    else if (!is_absent(e_.context))
      context_members(*std::get<const nlohmann::json*>(e_.context), copies_traits);
    w_.raw("}");
  }

  void context_members(const checked_context& c, bool copies_traits) {
    if (!c.members.empty()) {
      w_.raw(",");
      w_.raw(c.members);
    }
    if (!c.traits.empty() && !copies_traits) {
      key("traits");
      w_.raw(c.traits);
    }
  }

  void context_members(const nlohmann::json& c, bool copies_traits) {
    if (!c.is_object())
      return tree(c, "context");
    for (auto i = c.begin(); i != c.end(); ++i) {
      if (i.key() == "library" || (copies_traits && i.key() == "traits"))
        continue;
      w_.raw(",");
      w_.string(i.key(), "context");
      w_.raw(":");
      const bool was_ok = w_.ok();
      w_.value(i.value(), "", 2);
      if (was_ok && !w_.ok())
        w_.put_before_field("context." + i.key());
    }
  }

  void date(std::string_view name, std::string_view given) {
    auto when = std::chrono::floor<std::chrono::milliseconds>(c_.now);
    if (!given.empty()) {
      const auto parsed = parse_date(given);
      if (!parsed)
        return w_.fail(errc::invalid_date, std::string{name},
                       "an ISO 8601 date was expected, as in 2024-05-01T12:00:00.000Z");
      when = *parsed;
    }
    key(name);
    w_.raw("\"");
    append_date(out_, when);
    w_.raw("\"");
  }

  std::string& out_;
  json_writer w_;
  const event_view& e_;
  const encode_context& c_;
};

} // namespace

result<std::string> encode(std::string& out, const event_view& e, const encode_context& c) {
  const auto before = out.size();
  auto id = encoder{out, e, c}.run();
  const auto size = out.size() - before;
  if (id && size > c.max_event_bytes)
    id = error{errc::too_large, "",
               "the event has " + std::to_string(size) + " bytes as encoded, at most " +
                   std::to_string(c.max_event_bytes) + " were expected (max_event_bytes)"};
  if (!id)
    out.resize(before);
  return id;
}

} // namespace sluice
