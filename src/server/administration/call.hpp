#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/event/edit_reader.hpp"
#include "core/persistence/dead_filter.hpp"
#include "server/administration/jobs.hpp"

namespace sluice {

struct status_call {};
struct history_call {};
struct openapi_call {};
struct list_call {
  dead_filter filter{};
  std::string after{};
  std::size_t limit = 50;
};
struct groups_call {
  dead_filter filter{};
  std::string after{};
};
struct export_call {
  dead_filter filter{};
  std::string after{};
  std::size_t limit = 100;
};
struct letter_call {
  std::string id{};
};
struct edit_call {
  std::string id{};
  /// Of events, which are nobody else's business.
  batch_edit change{};
};
struct change_call {
  job_order order{};
};
struct unblock_call {
  erased_user who{};
};
struct jobs_call {};
struct job_call {
  std::string id{};
};
struct cancel_call {
  std::string id{};
};
struct pause_call {
  bool paused = true;
};
struct destination_call {
  std::string data_plane_url{};
  /// A secret.
  std::string write_key{};
};

/// What the administration is asked.
using admin_call =
    std::variant<status_call, history_call, openapi_call, list_call, groups_call, export_call, letter_call, edit_call,
                 change_call, unblock_call, jobs_call, job_call, cancel_call, pause_call, destination_call>;

/// A call, and who makes it: the name of a token; empty if it has none.
struct admin_request {
  admin_call call{};
  std::string by{};
};

/// What the reader of a call gets.
struct call_parts {
  /// The part of the path that stands for `{id}`.
  std::string id{};
  std::string_view query{};
  std::string_view body{};
};

/// One thing that the administration does.
struct operation {
  std::string_view method;
  /// With `{id}` as its last part, or without.
  std::string_view path;
  result<admin_call> (*read)(const call_parts&);
  bool has_body = false;
  /// It is answered with events that go on, and is no call.
  bool streams = false;

  bool changes() const { return method != "GET"; }
};

/// All of them; `openapi_json` describes each.
const std::vector<operation>& operations();

/// The operations of a path, one for each method, with what stands for `{id}`.
struct matching_operations {
  std::vector<const operation*> all{};
  std::string_view id{};

  /// Null if there is none.
  const operation* with(std::string_view method) const;
  /// The methods, as an `Allow` header has them.
  std::string methods() const;
};
matching_operations find_operations(std::string_view path);

} // namespace sluice
