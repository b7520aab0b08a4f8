#include "cli/sink/contract.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "core/event/date.hpp"
#include "core/event/json_reader.hpp"
#include "core/wire/base64.hpp"
#include "server/key_set.hpp"
#include "server/plain_body.hpp"

namespace sluice {

namespace {

// As JSON in memory a body takes up to 36 times as much.
constexpr std::size_t max_plain_body = std::size_t{4} << 20;
constexpr auto any_ratio = std::numeric_limits<std::size_t>::max();
// Around the traits of an identify: the body, its batch, the event and its context.
constexpr std::size_t levels_around = 4;

error broken(std::string field, std::string message) {
  return {errc::wrong_kind, std::move(field), std::move(message)};
}

// Checks for the Base64 of "key:", with nothing after the colon, in its one spelling.
bool is_basic_without_password(std::string_view header) {
  const auto plain = basic_credentials(header);
  return plain && plain->size() > 1 && plain->find(':') == plain->size() - 1 && header == "Basic " + base64(*plain);
}

bool is_text(const nlohmann::json& object, const char* name) {
  const auto i = object.find(name);
  return i != object.end() && i->is_string() && !i->get_ref<const std::string&>().empty();
}

bool is_date(const nlohmann::json& object, const char* name) {
  const auto i = object.find(name);
  return i != object.end() && i->is_string() && i->get_ref<const std::string&>().size() == date_size &&
         parse_date(i->get_ref<const std::string&>());
}

result<void> check_event(const nlohmann::json& e, const std::string& at) {
  constexpr std::array types{"track", "identify", "page", "screen", "group", "alias"};
  if (!e.is_object())
    return broken(at, "an object was expected");
  if (!is_text(e, "messageId"))
    return broken(at + ".messageId", "is missing");
  if (!is_text(e, "type") || std::find(types.begin(), types.end(), e.at("type").get<std::string>()) == types.end())
    return broken(at + ".type", "one of the six types was expected");
  if (!is_text(e, "channel") || e.at("channel") != "server")
    return broken(at + ".channel", "server was expected");
  if (!e.contains("context") || !e.at("context").is_object() || !e.at("context").contains("library"))
    return broken(at + ".context.library", "is missing");
  if (!is_date(e, "originalTimestamp"))
    return broken(at + ".originalTimestamp", "a date in UTC with milliseconds was expected");
  return {};
}

result<void> check_headers(const request_head& r) {
  if (r.method != "POST")
    return broken("method", "POST was expected");
  if (r.target != "/v1/batch")
    return broken("path", "/v1/batch was expected");
  if (!is_basic_without_password(r.authorization))
    return broken("Authorization", "Basic with the write key and an empty password was expected");
  if (r.content_type != "application/json")
    return broken("Content-Type", "application/json was expected");
  if (!r.content_encoding.empty() && r.content_encoding != "gzip")
    return broken("Content-Encoding", "gzip or none was expected");
  if (r.user_agent.empty())
    return broken("User-Agent", "is missing");
  if (r.idempotency_key.empty() || r.idempotency_key.size() > 128)
    return broken("Idempotency-Key", "1 to 128 bytes were expected");
  return {};
}

} // namespace

result<std::vector<std::string>> check_contract(const request_head& r, std::string body) {
  if (auto headers = check_headers(r); !headers)
    return headers.error();
  const auto text =
      plain_body(std::move(body), r.content_encoding, {.max_bytes = max_plain_body, .max_ratio = any_ratio});
  if (!text)
    return text.error();
  const auto json = read_json(*text, max_plain_body, levels_around);
  if (!json)
    return broken("body", json.error().message);
  if (!json->is_object())
    return broken("body", "an object was expected");
  for (const char* date : {"sentAt", "timestamp"})
    if (!is_date(*json, date))
      return broken(date, "a date in UTC with milliseconds was expected");
  const auto batch = json->find("batch");
  if (batch == json->end() || !batch->is_array() || batch->empty())
    return broken("batch", "a list that is not empty was expected");
  std::vector<std::string> ids;
  for (const auto& e : *batch) {
    if (auto ok = check_event(e, "batch[" + std::to_string(ids.size()) + "]"); !ok)
      return ok.error();
    ids.push_back(e.at("messageId").get<std::string>());
  }
  return ids;
}

} // namespace sluice
