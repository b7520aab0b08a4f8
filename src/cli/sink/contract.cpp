#include "cli/sink/contract.hpp"

#include <algorithm>
#include <array>

#include <libdeflate.h>

#include "core/event/date.hpp"
#include "core/event/json_reader.hpp"

namespace sluice {

namespace {

// As JSON in memory a body takes up to 36 times as much.
constexpr std::size_t max_plain_body = std::size_t{4} << 20;
// Around the traits of an identify: the body, its batch, the event and its context.
constexpr std::size_t levels_around = 4;

error too_much() {
  return {errc::too_large, "body", "at most " + std::to_string(max_plain_body) + " uncompressed bytes were expected"};
}

error broken(std::string field, std::string message) {
  return {errc::wrong_kind, std::move(field), std::move(message)};
}

// Checks for the Base64 of "key:", with nothing after the colon.
bool is_basic_without_password(std::string_view header) {
  constexpr std::string_view scheme = "Basic ";
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (header.substr(0, scheme.size()) != scheme)
    return false;
  std::string plain;
  std::uint32_t word = 0;
  int bits = 0;
  for (const char c : header.substr(scheme.size())) {
    if (c == '=')
      break;
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos)
      return false;
    word = word << 6U | static_cast<std::uint32_t>(digit);
    if ((bits += 6) >= 8) {
      bits -= 8;
      plain += static_cast<char>(word >> static_cast<unsigned>(bits) & 0xffU);
    }
  }
  return plain.size() > 1 && plain.find(':') == plain.size() - 1;
}

result<std::string> plain_body(const sink_request& r) {
  if (r.content_encoding.empty() && r.body.size() > max_plain_body)
    return too_much();
  if (r.content_encoding.empty())
    return std::string{r.body};
  if (r.content_encoding != "gzip")
    return broken("Content-Encoding", "gzip or none was expected");
  if (r.body.size() < 18)
    return broken("body", "gzip data was expected");
  std::size_t size = 0;
  for (std::size_t i = 4; i-- > 0;)
    size = size << 8U | static_cast<unsigned char>(r.body[r.body.size() - 4 + i]);
  if (size > max_plain_body)
    return too_much();
  std::string text(size, '\0');
  auto* d = libdeflate_alloc_decompressor();
  std::size_t got = 0;
  const bool ok =
      d && libdeflate_gzip_decompress(d, r.body.data(), r.body.size(), text.data(), size, &got) == LIBDEFLATE_SUCCESS;
  libdeflate_free_decompressor(d);
  if (!ok || got != size)
    return broken("body", "not valid gzip");
  return text;
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

result<void> check_headers(const sink_request& r) {
  if (r.method != "POST")
    return broken("method", "POST was expected");
  if (r.target != "/v1/batch")
    return broken("path", "/v1/batch was expected");
  if (!is_basic_without_password(r.authorization))
    return broken("Authorization", "Basic with the write key and an empty password was expected");
  if (r.content_type != "application/json")
    return broken("Content-Type", "application/json was expected");
  if (r.user_agent.empty())
    return broken("User-Agent", "is missing");
  if (r.idempotency_key.empty() || r.idempotency_key.size() > 128)
    return broken("Idempotency-Key", "1 to 128 bytes were expected");
  return {};
}

} // namespace

result<std::vector<std::string>> check_contract(const sink_request& r) {
  if (auto headers = check_headers(r); !headers)
    return headers.error();
  const auto text = plain_body(r);
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
