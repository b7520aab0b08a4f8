#include "server/routes.hpp"

#include <array>
#include <utility>

#include "core/event/json_writer.hpp"
#include "core/printable.hpp"
#include "server/json_type.hpp"

namespace sluice {

namespace {

enum class resource : std::uint8_t { none, events, live, ready, metrics };

struct route {
  std::string_view path;
  resource what = resource::none;
  /// Of an event whose path says its type.
  std::string_view type{};
};

constexpr std::array<route, 10> all_routes{{{"/v1/batch", resource::events, ""},
                                            {"/v1/track", resource::events, "track"},
                                            {"/v1/identify", resource::events, "identify"},
                                            {"/v1/page", resource::events, "page"},
                                            {"/v1/screen", resource::events, "screen"},
                                            {"/v1/group", resource::events, "group"},
                                            {"/v1/alias", resource::events, "alias"},
                                            {"/livez", resource::live, ""},
                                            {"/readyz", resource::ready, ""},
                                            {"/metrics", resource::metrics, ""}}};

route find_route(std::string_view path) {
  for (const auto& r : all_routes)
    if (r.path == path)
      return r;
  return {};
}

reply plain_failure(int status, const char* why) {
  return {.status = status, .body = std::string{R"({"success":false,"error":")"} + why + "\"}"};
}

reply unauthorized(const char* scheme, const char* why) {
  auto r = plain_failure(401, why);
  r.headers.emplace_back("WWW-Authenticate", std::string{scheme} + " realm=\"sluice\"");
  return r;
}

// What a store or an endpoint says may be of any bytes.
std::string list_of(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    out += out.size() > 1 ? "," : "";
    json_writer{out}.string(terminal_line(text), "");
  }
  return out + "]";
}

reply readiness(const system_view& v) {
  const auto reasons = why_not_ready(v);
  return {.status = reasons.empty() ? 200 : 503,
          .body = std::string{R"({"ready":)"} + (reasons.empty() ? "true" : "false") +
                  ",\"reasons\":" + list_of(reasons) + ",\"notes\":" + list_of(notes_on(v)) + "}"};
}

} // namespace

routes::routes(std::shared_ptr<intake> into, std::shared_ptr<const access_control> access,
               const plain_body_limits& limits, ask_for_view ask, std::shared_ptr<const meters> counted,
               std::shared_ptr<request_counts> requests, administration api)
    : intake_{std::move(into)}, access_{std::move(access)}, limits_{limits}, ask_{std::move(ask)}, reader_{*intake_},
      meters_{std::move(counted)}, requests_{std::move(requests)}, administration_{std::move(api)} {}

std::optional<reply> routes::admit(const request_head& r) {
  if (administration::serves(r.path()))
    return administration_.admit(r);
  auto early = refusal(r);
  if (early)
    requests_->count(early->status);
  return early;
}

std::optional<reply> routes::refusal(const request_head& r) const {
  const auto to = find_route(r.path());
  if (to.what == resource::none)
    return plain_failure(404, "there is no such path");
  if (to.what != resource::events) {
    if (r.method != "GET" && r.method != "HEAD") {
      auto refusal = plain_failure(405, "GET was expected");
      refusal.headers.emplace_back("Allow", "GET, HEAD");
      return refusal;
    }
    const auto rules = access_->rules();
    if (to.what == resource::metrics && !rules->tokens.empty() && !rules->tokens.bearer(r.authorization))
      return unauthorized("Bearer", "the token was expected");
    return std::nullopt;
  }
  if (r.method != "POST") {
    auto refusal = plain_failure(405, "POST was expected");
    refusal.headers.emplace_back("Allow", "POST");
    return refusal;
  }
  if (!access_->rules()->write_keys.allows_basic(r.authorization))
    return unauthorized("Basic", "a write key of this server was expected, as the user name of Basic authentication");
  // A page of another origin could send other types, but not an encoding, without asking. Clients that compress may
  // name another type, as axios does.
  if (!is_json_type(r.content_type) && r.content_encoding.empty())
    return plain_failure(415, "Content-Type: application/json was expected");
  return std::nullopt;
}

void routes::take(const request_head& r, std::string body, responder who) {
  if (administration::streams(r))
    return administration_.stream(who);
  if (administration::serves(r.path()))
    return administration_.take(r, body, [who](reply made) { who.answer(std::move(made)); });
  const auto to = find_route(r.path());
  switch (to.what) {
  case resource::events:
    return take_events(r, std::move(body), to.type, [requests = requests_, who](reply made) {
      requests->count(made.status);
      who.answer(std::move(made));
    });
  case resource::ready:
    return ask_([who](const system_view& v) { who.answer(readiness(v)); });
  case resource::metrics:
    return ask_([counted = meters_, requests = requests_, who](const system_view& v) {
      who.answer(
          {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_text(v, *counted, *requests)});
    });
  default:
    return who.answer({.body = R"({"live":true})"});
  }
}

void routes::take_events(const request_head& r, std::string body, std::string_view type, const reply_hook& answer) {
  const auto now = std::chrono::steady_clock::now();
  const auto again = patience_.wait(now);
  if (!intake_->wait_for_room(std::chrono::milliseconds{0})) { // to read the body would be for nothing
    const auto why = intake_->closed() ? error{errc::closed, "", "the server is shutting down"}
                                       : error{errc::buffer_full, "", "the buffer is full; try again"};
    patience_.refused(why.code, now);
    return answer(failed_reply(why, again));
  }
  auto plain = plain_body(std::move(body), r.content_encoding, limits_);
  if (!plain)
    return answer(failed_reply(plain.error()));
  auto read = reader_.read(std::move(*plain), type, std::chrono::system_clock::now());
  if (!read)
    return answer(failed_reply(read.error()));
  const auto stored = read->valid.size();
  if (stored == 0)
    return answer(stored_reply(0, read->invalid));
  const auto who = std::make_shared<requester>(
      [answer, stored, again, invalid = std::move(read->invalid)](const error* why) {
        answer(why ? failed_reply(*why, again) : stored_reply(stored, invalid));
      },
      stored);
  for (std::size_t i = 0; i < stored; ++i)
    read->valid.waiting.emplace_back(static_cast<std::uint32_t>(i), who);
  const auto admitted = intake_->offer_all(std::move(read->valid));
  if (admitted)
    return patience_.found_room();
  patience_.refused(admitted.error().code, now);
  who->failed(admitted.error());
}

} // namespace sluice
