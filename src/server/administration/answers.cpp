#include "server/administration/answers.hpp"

#include "core/printable.hpp"

namespace sluice {

namespace {

const std::vector<std::pair<std::string_view, std::string>> headers_of_data{{"Cache-Control", "no-store"},
                                                                            {"X-Content-Type-Options", "nosniff"}};

} // namespace

std::string one_line(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

reply admin_answer(int status, const nlohmann::ordered_json& json) {
  return {.status = status, .body = one_line(json), .headers = headers_of_data};
}

reply admin_lines(std::string lines, const std::string& next) {
  reply r{.content_type = "application/x-ndjson", .body = std::move(lines), .headers = headers_of_data};
  if (!next.empty())
    r.headers.emplace_back("Sluice-Next", terminal_line(next)); // a store may hold ids that would end a header
  return r;
}

reply admin_failure(int status, const std::string& sentence, const std::string& field) {
  const bool is_named = field.empty() || sentence.starts_with(field + " ");
  nlohmann::ordered_json json{{"error", is_named ? sentence : field + " " + sentence}};
  if (!field.empty())
    json["field"] = field;
  return admin_answer(status, json);
}

reply admin_failure(const error& why) {
  switch (why.code) {
  case errc::too_large:
    return admin_failure(413, "the body is too long: " + why.message);
  case errc::unknown_batch:
    // A cursor is a parameter, and an id a part of the path.
    return why.field == "after" ? admin_failure(400, why.message, why.field) : admin_failure(404, why.message);
  case errc::unsupported:
    return admin_failure(409, why.message, why.field);
  case errc::backlog_full:
  case errc::store_failed:
  case errc::closed:
  case errc::queue_taken:
  case errc::not_a_queue:
  case errc::other_destination:
    return admin_failure(503, why.message);
  default:
    return admin_failure(400, why.message, why.field);
  }
}

} // namespace sluice
