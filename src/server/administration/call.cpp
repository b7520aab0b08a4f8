#include "server/administration/call.hpp"

#include "core/event/json_reader.hpp"
#include "core/utf8.hpp"
#include "server/administration/dead_filter_json.hpp"

namespace sluice {

namespace {

constexpr std::size_t most_bytes_of_body = std::size_t{64} * 1024;
// What an edit has is events, of which a batch may have many.
constexpr std::size_t most_bytes_of_edit = std::size_t{1} << 20;
constexpr std::int64_t most_letters = 500;
constexpr double highest_rate = 1e9;
constexpr std::int64_t longest_block_ms = std::int64_t{366} * 86'400'000;

error wrong_parameter(std::string name, std::string message) {
  return {errc::invalid_option, std::move(name), std::move(message)};
}

result<nlohmann::json> body_of(const call_parts& parts) {
  auto body = read_json(parts.body, most_bytes_of_body);
  if (!body)
    return body.error();
  if (!body->is_object())
    return wrong_parameter("", "a JSON object was expected");
  return body;
}

// Reads a filter and a place from a query. `limit`: null if the call has none.
result<void> read_selection(const call_parts& parts, dead_filter& filter, std::string& after, std::size_t* limit) {
  const auto query = read_query(parts.query);
  if (!query)
    return query.error();
  for (const auto& [name, value] : *query) {
    if (name == "after") {
      after = value;
    } else if (name == "limit" && limit) {
      const auto n = whole_number(name, value, 1, most_letters);
      if (!n)
        return n.error();
      *limit = static_cast<std::size_t>(*n);
    } else {
      const auto set = set_condition(filter, name, value);
      if (!set)
        return set.error();
      if (!*set)
        return wrong_parameter(name, "is no parameter of this path");
    }
  }
  if (!filter.ids.empty() && !after.empty())
    return wrong_parameter("after", "must not be given together with ids");
  return {};
}

result<admin_call> read_list(const call_parts& parts) {
  list_call c;
  const auto read = read_selection(parts, c.filter, c.after, &c.limit);
  return read ? result<admin_call>{std::move(c)} : read.error();
}

result<admin_call> read_groups(const call_parts& parts) {
  groups_call c;
  const auto read = read_selection(parts, c.filter, c.after, nullptr);
  return read ? result<admin_call>{std::move(c)} : read.error();
}

result<admin_call> read_export(const call_parts& parts) {
  export_call c;
  const auto read = read_selection(parts, c.filter, c.after, &c.limit);
  return read ? result<admin_call>{std::move(c)} : read.error();
}

result<admin_call> read_edit_call(const call_parts& parts) {
  auto change = read_batch_edit(parts.body, most_bytes_of_edit);
  return change ? result<admin_call>{edit_call{parts.id, std::move(*change)}} : change.error();
}

result<double> rate_in(const nlohmann::json& value) {
  const double rate = value.is_number() ? value.get<double>() : 0;
  if (!(rate > 0 && rate <= highest_rate))
    return wrong_parameter("rate", "must be a number of events per second above 0, at most 1000000000");
  return rate;
}

result<admin_call> read_change(job_kind what, const call_parts& parts) {
  const auto body = body_of(parts);
  if (!body)
    return body.error();
  job_order order{.what = what};
  bool all = false;
  for (const auto& [name, value] : body->items()) {
    if (name == "filter") {
      auto filter = filter_of(value);
      if (!filter)
        return filter.error();
      order.filter = std::move(*filter);
    } else if (name == "rate") {
      const auto rate = rate_in(value);
      if (!rate)
        return rate.error();
      order.rate = *rate;
    } else if (name == "all" && value.is_boolean()) {
      all = value.get<bool>();
    } else {
      return wrong_parameter(name,
                             name == "all" ? "must be true or false" : "is unknown: filter, all and rate are known");
    }
  }
  if (order.filter.empty() && !all)
    return wrong_parameter("all", "must be true to select every dead letter");
  return admin_call{change_call{std::move(order)}};
}

// Takes a parameter that is an id of a user. Returns whether it is one.
result<bool> read_user_id(erased_user& who, const std::string& name, const std::string& value) {
  auto* id = name == "user_id" ? &who.user : name == "anonymous_id" ? &who.anonymous : nullptr;
  if (!id)
    return false;
  if (value.empty() || !is_utf8(value))
    return wrong_parameter(name, "must be UTF-8, and not empty");
  *id = value;
  return true;
}

result<void> check_user(const erased_user& who) {
  if (who.user.empty() && who.anonymous.empty())
    return wrong_parameter("user_id", "or anonymous_id was expected");
  return {};
}

result<admin_call> read_erasure(const call_parts& parts) {
  const auto query = read_query(parts.query);
  if (!query)
    return query.error();
  job_order order{.what = job_kind::erase};
  for (const auto& [name, value] : *query) {
    if (name == "block_for_ms") {
      const auto ms = whole_number(name, value, 1, longest_block_ms);
      if (!ms)
        return ms.error();
      order.block_for = std::chrono::milliseconds{*ms};
      continue;
    }
    const auto read = read_user_id(order.who, name, value);
    if (!read)
      return read.error();
    if (!*read || (name == "user_id" && !parts.id.empty()))
      return wrong_parameter(name, "is no parameter of this path");
  }
  if (!is_utf8(parts.id))
    return wrong_parameter("id", "must be UTF-8");
  if (!parts.id.empty())
    order.who.user = parts.id;
  if (const auto named = check_user(order.who); !named)
    return named.error();
  return admin_call{change_call{std::move(order)}};
}

result<admin_call> read_unblock(const call_parts& parts) {
  const auto query = read_query(parts.query);
  if (!query)
    return query.error();
  unblock_call c;
  for (const auto& [name, value] : *query) {
    const auto read = read_user_id(c.who, name, value);
    if (!read)
      return read.error();
    if (!*read)
      return wrong_parameter(name, "is no parameter of this path");
  }
  if (const auto named = check_user(c.who); !named)
    return named.error();
  return admin_call{std::move(c)};
}

result<admin_call> read_destination(const call_parts& parts) {
  const auto body = body_of(parts);
  if (!body)
    return body.error();
  destination_call c;
  for (const auto& [name, value] : body->items()) {
    auto* to = name == "data_plane_url" ? &c.data_plane_url : name == "write_key" ? &c.write_key : nullptr;
    if (!to)
      return wrong_parameter(name, "is unknown: data_plane_url and write_key are known");
    if (!value.is_string() || value.get_ref<const std::string&>().empty())
      return wrong_parameter(name, "must be a text that is not empty");
    *to = value.get<std::string>();
  }
  if (c.data_plane_url.empty() && c.write_key.empty())
    return wrong_parameter("data_plane_url", "or write_key was expected");
  return admin_call{std::move(c)};
}

} // namespace

const std::vector<operation>& operations() {
  static const std::vector<operation> all{
      {"GET", "/api/status", [](const call_parts&) { return result<admin_call>{status_call{}}; }},
      {"GET", "/api/history", [](const call_parts&) { return result<admin_call>{history_call{}}; }},
      {"GET", "/api/live", [](const call_parts&) { return result<admin_call>{status_call{}}; }, false, true},
      {"GET", "/api/openapi.json", [](const call_parts&) { return result<admin_call>{openapi_call{}}; }},
      {"GET", "/api/dead", read_list},
      {"GET", "/api/dead/groups", read_groups},
      {"GET", "/api/dead/export", read_export},
      {"POST", "/api/dead/replay", [](const call_parts& p) { return read_change(job_kind::replay, p); }, true},
      {"POST", "/api/dead/purge", [](const call_parts& p) { return read_change(job_kind::purge, p); }, true},
      {"GET", "/api/dead/{id}", [](const call_parts& p) { return result<admin_call>{letter_call{p.id}}; }},
      {"POST", "/api/dead/{id}", read_edit_call, true},
      {"GET", "/api/jobs", [](const call_parts&) { return result<admin_call>{jobs_call{}}; }},
      {"GET", "/api/jobs/{id}", [](const call_parts& p) { return result<admin_call>{job_call{p.id}}; }},
      {"DELETE", "/api/jobs/{id}", [](const call_parts& p) { return result<admin_call>{cancel_call{p.id}}; }},
      {"DELETE", "/api/users/{id}", read_erasure},
      {"DELETE", "/api/users", read_erasure},
      {"DELETE", "/api/blocked", read_unblock},
      {"POST", "/api/pause", [](const call_parts&) { return result<admin_call>{pause_call{true}}; }},
      {"POST", "/api/resume", [](const call_parts&) { return result<admin_call>{pause_call{false}}; }},
      {"PUT", "/api/destination", read_destination, true}};
  return all;
}

const operation* matching_operations::with(std::string_view method) const {
  const auto wanted = method == "HEAD" ? std::string_view{"GET"} : method;
  for (const auto* o : all)
    if (o->method == wanted)
      return o;
  return nullptr;
}

std::string matching_operations::methods() const {
  std::string text;
  for (const auto* o : all)
    text += (text.empty() ? "" : ", ") + std::string{o->method} + (o->method == "GET" ? ", HEAD" : "");
  return text;
}

matching_operations find_operations(std::string_view path) {
  constexpr std::string_view id_part = "{id}";
  matching_operations exact, with_id;
  for (const auto& o : operations()) {
    if (o.path == path)
      exact.all.push_back(&o);
    if (!o.path.ends_with(id_part))
      continue;
    const auto before = o.path.substr(0, o.path.size() - id_part.size());
    if (path.size() > before.size() && path.starts_with(before) &&
        path.find('/', before.size()) == std::string_view::npos) {
      with_id.all.push_back(&o);
      with_id.id = path.substr(before.size());
    }
  }
  return exact.all.empty() ? with_id : exact;
}

} // namespace sluice
