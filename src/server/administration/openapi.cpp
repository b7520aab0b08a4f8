#include "server/administration/openapi.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "server/administration/call.hpp"
#include "sluice/version.hpp"

namespace sluice {

namespace {

using document = nlohmann::ordered_json;

// What the table of operations does not say of one.
struct description {
  std::string_view method, path, summary;
  /// Names in the schemas; a body may have none. An answer that has none is a stream of events.
  std::string_view answer, body{};
  int success = 200;
  /// The statuses of errors besides those that every operation may have.
  std::vector<int> errors{};
  bool selects = false;
  /// The answer is a line of this schema for each letter.
  bool has_lines = false;
};

const std::vector<description>& descriptions() {
  static const std::vector<description> all{
      {"GET", "/api/status", "How events flow, and everything that an operator should know", "Status"},
      {"GET", "/api/history", "The last hour, a sample every ten seconds", "History"},
      {"GET", "/api/live", "Server-sent events: `status` each second, and `jobs` when they have changed", "", "", 200},
      {"GET", "/api/openapi.json", "This document", "Document"},
      {.method = "GET",
       .path = "/api/dead",
       .summary = "Dead letters, the oldest first. `next` may be given with fewer than `limit` letters",
       .answer = "Letters",
       .errors = {400, 503},
       .selects = true},
      {.method = "GET",
       .path = "/api/dead/groups",
       .summary = "Dead letters by status and reason, the largest groups first",
       .answer = "Groups",
       .errors = {400, 503},
       .selects = true},
      {.method = "GET",
       .path = "/api/dead/export",
       .summary = "Dead letters with their events, a line each, the oldest first. It ends early at 8 MiB",
       .answer = "LetterWithEvents",
       .errors = {400, 503},
       .selects = true,
       .has_lines = true},
      {"GET", "/api/dead/{id}", "A dead letter with its events", "LetterWithEvents", "", 200, {404, 503}},
      {"POST",
       "/api/dead/{id}",
       "Drops and replaces events of a dead letter, and makes it ready again, under a new id",
       "Replaced",
       "Edit",
       200,
       {400, 404, 413, 415, 503}},
      {"POST",
       "/api/dead/replay",
       "Makes dead letters ready again, as a job",
       "OneJob",
       "Change",
       202,
       {400, 413, 415}},
      {"POST", "/api/dead/purge", "Removes dead letters, as a job", "OneJob", "Change", 202, {400, 413, 415}},
      {"GET", "/api/jobs",
       "The jobs of the queue, the oldest first; of those that have ended, the last 20 of this process", "Jobs"},
      {"GET", "/api/jobs/{id}", "A job", "OneJob", "", 200, {404, 503}},
      {"DELETE",
       "/api/jobs/{id}",
       "Cancels a job between two pages; one of another process changes nothing more after two seconds and a page",
       "OneJob",
       "",
       200,
       {404, 409, 503}},
      {"DELETE",
       "/api/users/{id}",
       "Erases the events of a user from what waits and what is dead, as a job",
       "OneJob",
       "",
       202,
       {400, 503}},
      {"DELETE", "/api/users", "The same, for ids that cannot be a part of a path", "OneJob", "", 202, {400, 503}},
      {"DELETE",
       "/api/blocked",
       "Unblocks a user who was erased: later events are admitted again",
       "Unblocked",
       "",
       200,
       {400, 503}},
      {"POST", "/api/pause", "Pauses deliveries from the queue, in every process", "Done", "", 200, {503}},
      {"POST", "/api/resume", "Resumes deliveries from the queue, in every process", "Done", "", 200, {503}},
      {"PUT",
       "/api/destination",
       "This process delivers to another URL, or with another key",
       "Done",
       "Destination",
       200,
       {400, 409, 413, 415}}};
  return all;
}

document reference_to(std::string_view schema) {
  return {{"$ref", "#/components/schemas/" + std::string{schema}}};
}

document json_content(std::string_view schema) {
  return {{"application/json", {{"schema", reference_to(schema)}}}};
}

document events_content() {
  return {{"text/event-stream", {{"schema", {{"type", "string"}}}}}};
}

document lines_content(std::string_view schema) {
  return {{"application/x-ndjson", {{"schema", reference_to(schema)}}}};
}

document success_of(const description& d) {
  document success{{"description", "Success"}};
  if (d.has_lines)
    success["headers"]["Sluice-Next"] = {{"description", "`after` of what follows, if anything does"},
                                         {"schema", {{"type", "string"}}}};
  success["content"] = d.answer.empty() ? events_content()
                       : d.has_lines    ? lines_content(d.answer)
                                        : json_content(d.answer);
  return success;
}

document query_parameter(const std::string& name, const char* what, document schema) {
  return {{"name", name}, {"in", "query"}, {"description", what}, {"schema", std::move(schema)}};
}

document selection_of(std::string_view path) {
  auto all = document::array();
  if (path != "/api/dead/groups")
    all.push_back(query_parameter(
        "limit", "The most letters; not applied to letters that are asked for by id",
        {{"type", "integer"}, {"minimum", 1}, {"maximum", 500}, {"default", path == "/api/dead" ? 50 : 100}}));
  all.push_back(
      query_parameter("after", "Where to go on: `next` or `Sluice-Next` of the answer before", {{"type", "string"}}));
  const auto schemas = openapi_schemas();
  for (const auto& [name, schema] : schemas.at("Filter").at("properties").items())
    if (name != "ids")
      all.push_back(query_parameter(name, "As in Filter", schema));
  auto id = query_parameter("id", "Only this letter; may be repeated, and not with `after`",
                            {{"type", "array"}, {"items", {{"type", "string"}}}});
  id["explode"] = true;
  all.push_back(std::move(id));
  return all;
}

const char* words_of_status(int status) {
  switch (status) {
  case 400:
    return "A parameter or the body is wrong";
  case 401:
    return "The token was expected";
  case 403:
    return "Without a token nothing can be changed, nor by a page of another origin";
  case 404:
    return "There is no such thing";
  case 409:
    return "Not in this state";
  case 413:
    return "The body is too long";
  case 415:
    return "The body is not JSON";
  case 421:
    return "The Host header names another server";
  case 429:
    return "Too many wait; try again later";
  default:
    return "The queue or the store does not answer";
  }
}

// An operation that names a user without a path needs one of the ids.
document user_of(std::string_view path) {
  auto all = document::array();
  if (path != "/api/users/{id}")
    all.push_back(query_parameter("user_id", "The user id", {{"type", "string"}}));
  all.push_back(query_parameter("anonymous_id", "The anonymous id", {{"type", "string"}}));
  if (path != "/api/blocked")
    all.push_back(query_parameter("block_for_ms", "Later events of the user are rejected for so long",
                                  {{"type", "integer"}, {"minimum", 1}, {"maximum", 31'622'400'000}}));
  return all;
}

document parameters_of(const description& d) {
  if (d.selects)
    return selection_of(d.path);
  const bool names_user = d.path.starts_with("/api/users") || d.path == "/api/blocked";
  return names_user ? user_of(d.path) : document::array();
}

document operation_of(const description& d) {
  document o{{"summary", d.summary}};
  auto parameters = parameters_of(d);
  if (d.path.ends_with("{id}"))
    parameters.push_back({{"name", "id"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  if (!parameters.empty())
    o["parameters"] = std::move(parameters);
  if (!d.body.empty())
    o["requestBody"] = {{"required", true}, {"content", json_content(d.body)}};
  o["responses"][std::to_string(d.success)] = success_of(d);
  auto errors = d.errors;
  errors.insert(errors.end(), {401, 421, 429});
  if (d.method != "GET")
    errors.push_back(403);
  for (const int status : errors)
    o["responses"][std::to_string(status)] = {{"description", words_of_status(status)},
                                              {"content", json_content("Error")}};
  return o;
}

std::string lower(std::string_view method) {
  std::string text;
  for (const char c : method)
    text += static_cast<char>(c - 'A' + 'a');
  return text;
}

document made() {
  document all{{"openapi", "3.1.0"},
               {"info", {{"title", "Sluice's administration"}, {"version", SLUICE_VERSION_STRING}}},
               {"security", document::array({{{"token", document::array()}}})}};
  for (const auto& d : descriptions())
    all["paths"][std::string{d.path}][lower(d.method)] = operation_of(d);
  all["components"]["securitySchemes"]["token"] = {{"type", "http"}, {"scheme", "bearer"}};
  all["components"]["schemas"] = openapi_schemas();
  return all;
}

} // namespace

const nlohmann::ordered_json& openapi_json() {
  static const auto document_once = made();
  return document_once;
}

} // namespace sluice
