#include "server/event_request.hpp"

#include <algorithm>

#include "core/event/json_writer.hpp"

namespace sluice {

namespace {

// What a message says is at most so long; it may quote a member of an event.
constexpr std::size_t max_field = 256;

void append_member(std::string& out, const char* name, std::string_view text) {
  out.append(",\"").append(name).append("\":");
  json_writer{out}.string(text, "");
}

// A field is a path of names that came from outside: valid UTF-8, because simdjson or the reader has said so.
std::string_view shown_field(std::string_view field) {
  auto end = std::min(field.size(), max_field);
  while (end > 0 && end < field.size() && (static_cast<unsigned char>(field[end]) & 0xc0U) == 0x80U)
    --end;
  return field.substr(0, end);
}

void append_error(std::string& out, const error& why) {
  append_member(out, "code", to_string(why.code));
  if (!why.field.empty())
    append_member(out, "field", shown_field(why.field));
  append_member(out, "message", why.message);
}

int status_for(errc code) {
  switch (code) {
  case errc::too_large:
    return 413;
  case errc::buffer_full:
    return 429;
  case errc::closed:
  case errc::pending:
    return 503;
  case errc::unsupported:
    return 415;
  default:
    return 400;
  }
}

} // namespace

result<events_of_request> event_request_reader::read(std::string body, std::string_view type,
                                                     std::chrono::system_clock::time_point now) {
  events_of_request all;
  if (!type.empty()) {
    add(all, with_type(body, type), now);
    return all;
  }
  const auto add_one = [&](std::string_view text) { add(all, text, now); };
  if (auto done = batches_.read(std::move(body), intake_.capacity(), add_one); !done)
    return done.error();
  return all;
}

void event_request_reader::add(events_of_request& to, std::string_view text,
                               std::chrono::system_clock::time_point now) {
  const auto index = to.valid.size() + to.invalid.count + to.blocked;
  const auto reject = [&](std::string_view id, const error& why) {
    intake_.reject(id, why);
    if (to.invalid.count++ < invalid_events::most_said)
      to.invalid.first.push_back({index, why});
  };
  const auto read = events_.read(text);
  if (!read)
    return reject({}, read.error());
  encoded_.clear();
  const auto id = encode(encoded_, *read, {.max_event_bytes = intake_.max_event_bytes(), .now = now, .ids = ids_});
  if (!id)
    return reject(read->message_id, id.error());
  if (const auto admitted = intake_.admits(*read, now); !admitted) {
    ++to.blocked;
    return intake_.reject(*id, admitted.error());
  }
  to.valid.append(encoded_, nullptr);
  to.valid.partitions.push_back(intake_.partition_of(read->user_id.empty() ? read->anonymous_id : read->user_id));
}

reply stored_reply(std::size_t stored, const invalid_events& invalid) {
  std::string body = invalid.count == 0 ? R"({"success":true,"stored":)" : R"({"success":false,"stored":)";
  body += std::to_string(stored);
  if (invalid.count > 0) {
    body.append(",\"invalid\":").append(std::to_string(invalid.count)).append(",\"errors\":[");
    for (const auto& e : invalid.first) {
      body.append(body.back() == '[' ? "{\"index\":" : ",{\"index\":").append(std::to_string(e.index));
      append_error(body, e.why);
      body += '}';
    }
    body += ']';
  }
  return {.status = invalid.count == 0 ? 200 : 400, .body = body + "}"};
}

reply failed_reply(const error& why, std::chrono::seconds try_again_after) {
  reply r{.status = status_for(why.code), .body = R"({"success":false)"};
  append_error(r.body, why);
  r.body += '}';
  if (r.status == 429 || r.status == 503)
    r.headers.emplace_back("Retry-After", std::to_string(try_again_after.count()));
  return r;
}

} // namespace sluice
