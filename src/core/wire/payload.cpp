#include "core/wire/payload.hpp"

#include <algorithm>
#include <new>

#include <libdeflate.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "core/event/date.hpp"
#include "core/wire/event_chunk.hpp"

namespace sluice {

namespace {

constexpr std::string_view gzip_header{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};
constexpr std::string_view before_sent{R"({"sentAt":")"}, before_time{R"(","timestamp":")"}, after_time{R"(")"};
constexpr std::string_view before_events{R"(,"batch":[)"}, after_events{"]}"};
constexpr std::size_t prefix_size = before_sent.size() + before_time.size() + after_time.size() + 2 * date_size;
constexpr std::size_t stored_header_size = 5;
constexpr std::size_t head_size = gzip_header.size() + stored_header_size + prefix_size;
constexpr std::size_t trailer_size = 8;

static_assert(body_overhead == prefix_size + before_events.size() + after_events.size());

std::string prefix(std::chrono::system_clock::time_point now) {
  const auto when = std::chrono::floor<std::chrono::milliseconds>(now);
  std::string text{before_sent};
  append_date(text, when);
  text += before_time;
  append_date(text, when);
  text += after_time;
  return text;
}

void append_little_endian(std::string& out, std::uint32_t n, int bytes) {
  for (int i = 0; i < bytes; ++i, n >>= 8U)
    out += static_cast<char>(n & 0xffU);
}

std::uint32_t read_little_endian(std::string_view text) {
  std::uint32_t n = 0;
  for (std::size_t i = 4; i-- > 0;)
    n = n << 8U | static_cast<unsigned char>(text[i]);
  return n;
}

std::uint32_t crc_of(std::string_view text) {
  return libdeflate_crc32(0, text.data(), text.size());
}

// Writes the gzip header, and the prefix as a stored block that is not the last.
std::string head(std::string_view prefix) {
  std::string text{gzip_header};
  text += '\0';
  append_little_endian(text, static_cast<std::uint32_t>(prefix.size()), 2);
  append_little_endian(text, static_cast<std::uint32_t>(~prefix.size() & 0xffffU), 2);
  text += prefix;
  return text;
}

std::string trailer(std::uint32_t crc, std::uint32_t size) {
  std::string text;
  append_little_endian(text, crc, 4);
  append_little_endian(text, size, 4);
  return text;
}

error malformed() {
  return {errc::invalid_json, "payload", "the payload is damaged"};
}

error too_large() {
  return {errc::too_large, "payload", "more than " + std::to_string(max_body_bytes) + " bytes"};
}

} // namespace

payload_ptr payload_sealer::seal(std::string_view events, bool gzip, std::chrono::system_clock::time_point now) {
  std::string rest;
  rest.reserve(before_events.size() + events.size() + after_events.size());
  rest += before_events;
  rest += events;
  rest += after_events;
  const auto first = prefix(now);
  if (!gzip)
    return std::make_shared<const std::string>(first + rest);
  std::string out = head(first);
  compressor_.append(out, rest);
  const auto crc = crc32_combine(crc_of(first), crc_of(rest), static_cast<z_off_t>(rest.size()));
  out += trailer(static_cast<std::uint32_t>(crc), static_cast<std::uint32_t>(first.size() + rest.size()));
  out.shrink_to_fit();
  return std::make_shared<const std::string>(std::move(out));
}

result<attempt_body> attempt_of(const std::string& payload, std::chrono::system_clock::time_point now) {
  const auto fresh = prefix(now);
  const std::string_view bytes{payload};
  if (!is_gzip(payload)) {
    if (bytes.size() < prefix_size || bytes.substr(0, before_sent.size()) != before_sent)
      return malformed();
    return attempt_body{.head = fresh, .middle = bytes.substr(prefix_size), .tail = {}, .gzip = false};
  }
  if (bytes.size() < head_size + trailer_size)
    return malformed();
  const auto old = bytes.substr(head_size - prefix_size, prefix_size);
  const auto crc = read_little_endian(bytes.substr(bytes.size() - trailer_size));
  const auto size = read_little_endian(bytes.substr(bytes.size() - 4));
  if (old.substr(0, before_sent.size()) != before_sent || size < prefix_size)
    return malformed();
  // crc(prefix + rest) = combine(crc(prefix), 0) ^ crc(rest). It is linear, so the old checksum yields the new one.
  const auto rest_size = static_cast<z_off_t>(size - prefix_size);
  const auto crc_rest = crc ^ crc32_combine(crc_of(old), 0, rest_size);
  const auto fresh_crc = crc32_combine(crc_of(fresh), 0, rest_size) ^ crc_rest;
  return attempt_body{.head = head(fresh),
                      .middle = bytes.substr(head_size, bytes.size() - head_size - trailer_size),
                      .tail = trailer(static_cast<std::uint32_t>(fresh_crc), size),
                      .gzip = true};
}

bool is_gzip(const std::string& payload) noexcept {
  return std::string_view{payload}.substr(0, 2) == gzip_header.substr(0, 2);
}

result<std::string> open_payload(const std::string& payload) {
  if (!is_gzip(payload)) {
    if (payload.size() > max_body_bytes)
      return too_large();
    return payload;
  }
  if (payload.size() < head_size + trailer_size)
    return malformed();
  const std::size_t size = read_little_endian(std::string_view{payload}.substr(payload.size() - 4));
  if (size > max_body_bytes)
    return too_large();
  std::string text(size, '\0');
  auto* decompressor = libdeflate_alloc_decompressor();
  if (!decompressor)
    throw std::bad_alloc{};
  std::size_t got = 0;
  const auto outcome =
      libdeflate_gzip_decompress(decompressor, payload.data(), payload.size(), text.data(), text.size(), &got);
  libdeflate_free_decompressor(decompressor);
  if (outcome != LIBDEFLATE_SUCCESS || got != size)
    return malformed();
  return text;
}

result<std::vector<std::string_view>> events_of(std::string_view body) {
  const auto begin = prefix_size + before_events.size();
  if (body.size() < body_overhead || body.substr(prefix_size, before_events.size()) != before_events ||
      body.substr(body.size() - after_events.size()) != after_events)
    return malformed();
  auto rest = body.substr(begin, body.size() - begin - after_events.size());
  std::vector<std::string_view> events;
  while (!rest.empty()) {
    const auto end = rest.find(event_separator);
    events.push_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + event_separator.size());
  }
  return events;
}

result<std::string> message_id_of(std::string_view event) {
  constexpr std::string_view before_id{R"({"messageId":")"};
  if (!event.starts_with(before_id))
    return malformed();
  event.remove_prefix(before_id.size() - 1);
  std::size_t end = 1;
  bool escaped = false;
  for (; end < event.size() && event[end] != '"'; ++end)
    if (event[end] == '\\') {
      escaped = true;
      ++end;
    }
  if (end >= event.size())
    return malformed();
  if (!escaped)
    return std::string{event.substr(1, end - 1)};
  const auto id = nlohmann::json::parse(event.substr(0, end + 1), nullptr, false);
  if (!id.is_string())
    return malformed();
  return id.get<std::string>();
}

result<std::vector<std::string>> message_ids_of(const std::string& payload) {
  const auto text = open_payload(payload);
  if (!text)
    return text.error();
  const auto events = events_of(*text);
  if (!events)
    return events.error();
  std::vector<std::string> ids;
  ids.reserve(events->size());
  for (const auto e : *events) {
    auto id = message_id_of(e);
    if (!id)
      return id.error();
    ids.push_back(std::move(*id));
  }
  return ids;
}

result<std::pair<payload_ptr, payload_ptr>> split_payload(const std::string& payload, std::size_t at,
                                                          payload_sealer& sealer,
                                                          std::chrono::system_clock::time_point now) {
  const auto text = open_payload(payload);
  if (!text)
    return text.error();
  const auto events = events_of(*text);
  if (!events)
    return events.error();
  if (at == 0 || at >= events->size())
    return error{errc::invalid_json, "payload", "there is nothing to split"};
  const auto between = [](std::string_view first, std::string_view last) {
    return std::string_view{first.data(), static_cast<std::size_t>(last.data() + last.size() - first.data())};
  };
  const bool gzip = is_gzip(payload);
  return std::pair{sealer.seal(between(events->front(), (*events)[at - 1]), gzip, now),
                   sealer.seal(between((*events)[at], events->back()), gzip, now)};
}

result<std::vector<payload_ptr>> divide_payload(const std::string& payload, const std::vector<std::uint8_t>& places,
                                                payload_sealer& sealer, std::chrono::system_clock::time_point now) {
  const auto text = open_payload(payload);
  if (!text)
    return text.error();
  const auto events = events_of(*text);
  if (!events)
    return events.error();
  if (events->size() != places.size() || places.empty())
    return malformed();
  std::vector<std::string> parts(std::size_t{*std::max_element(places.begin(), places.end())} + 1);
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto& part = parts[places[i]];
    if (!part.empty())
      part += event_separator;
    part += (*events)[i];
  }
  std::vector<payload_ptr> payloads;
  payloads.reserve(parts.size());
  for (const auto& part : parts)
    payloads.push_back(part.empty() ? nullptr : sealer.seal(part, is_gzip(payload), now));
  return payloads;
}

} // namespace sluice
