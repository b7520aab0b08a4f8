#include "server/administration/administration.hpp"

#include "server/administration/answers.hpp"
#include "server/administration/dead_filter_json.hpp"
#include "server/json_type.hpp"

namespace sluice {

namespace {

reply not_allowed(const std::string& methods) {
  auto refusal = admin_failure(405, methods + " was expected");
  refusal.headers.emplace_back("Allow", methods);
  return refusal;
}

// The page needs no token: it has no data, and asks whoever looks at it for one.
reply answer_of(const page_file& file, const request_head& r) {
  if (r.method != "GET" && r.method != "HEAD")
    return not_allowed("GET, HEAD");
  return {.content_type = file.content_type,
          .body = std::string{file.content},
          .headers = {{"Content-Security-Policy",
                       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                       "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cross-Origin-Opener-Policy", "same-origin"},
                      {"Cross-Origin-Resource-Policy", "same-origin"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Cache-Control", "no-cache"}}};
}

} // namespace

std::optional<reply> administration::admit(const request_head& r) const {
  if (!hosts_.has(r.host))
    return admin_failure(421, "the Host header must name an address of this server; --public-host adds one");
  if (const auto* file = find_page_file(r.path()))
    return answer_of(*file, r);
  const auto found = find_operations(r.path());
  if (found.all.empty())
    return admin_failure(404, "there is no such path");
  const auto rules = access_->rules();
  if (!rules->tokens.empty() && !rules->tokens.bearer(r.authorization)) {
    auto refusal = admin_failure(401, "the token was expected, as Authorization: Bearer TOKEN");
    refusal.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"sluice\"");
    return refusal;
  }
  const auto* wanted = found.with(r.method);
  if (!wanted)
    return not_allowed(found.methods());
  return wanted->changes() ? refusal_of_change(r) : std::nullopt;
}

std::optional<reply> administration::refusal_of_change(const request_head& r) const {
  if (access_->rules()->tokens.empty())
    return admin_failure(403, "a token is needed to change something: start the server with --admin-token-file");
  const bool from_own_page =
      r.sec_fetch_site.empty() || r.sec_fetch_site == "same-origin" || r.sec_fetch_site == "none";
  if (!from_own_page || !hosts_.permits_origin(r.origin, r.host))
    return admin_failure(403, "a page of another origin may change nothing here");
  return std::nullopt;
}

bool administration::streams(const request_head& r) {
  const auto* wanted = find_operations(r.path()).with(r.method);
  return wanted && wanted->streams && r.method == "GET";
}

void administration::take(const request_head& r, const std::string& body, const reply_hook& answer) const {
  const auto found = find_operations(r.path());
  const auto* wanted = found.with(r.method);
  if (!body.empty() && (!is_json_type(r.content_type) || !r.content_encoding.empty()))
    return answer(admin_failure(415, "Content-Type: application/json was expected, without an encoding"));
  const auto question = r.target.find('?');
  auto id = decode_percent(found.id);
  auto call = id ? wanted->read({.id = std::move(*id),
                                 .query = question == std::string_view::npos ? std::string_view{}
                                                                             : r.target.substr(question + 1),
                                 .body = body})
                 : result<admin_call>{id.error()};
  if (!call)
    return answer(admin_failure(call.error()));
  auto by = access_->rules()->tokens.bearer(r.authorization).value_or("");
  if (!take_({.call = std::move(*call), .by = std::move(by)}, answer)) {
    auto refusal = admin_failure(429, "too many requests of the administration wait; try again");
    refusal.headers.emplace_back("Retry-After", "1");
    answer(std::move(refusal));
  }
}

} // namespace sluice
