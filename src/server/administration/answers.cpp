#include "server/administration/answers.hpp"

namespace sluice {

reply admin_answer(int status, const nlohmann::ordered_json& json) {
  return {.status = status,
          .body = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace),
          .headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}}};
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
