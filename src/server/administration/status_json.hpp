#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "server/system_view.hpp"

namespace sluice {

/// What a status says besides the view of the system.
struct status_context {
  store_time now{};
  /// When the state began.
  store_time since{};
  std::chrono::milliseconds uptime{0};
  /// The kind of the store: `memory`, `sqlite` or `redis`.
  std::string store{};
  /// As in `process 1234 on web-1`.
  std::string name{};
  /// The option, which may hold a query.
  std::string data_plane_url{};
};

/// Returns the answer to `GET /api/status`.
nlohmann::ordered_json status_json(const system_view&, const status_context&);

/// Returns the name of this process.
std::string name_of_process();

} // namespace sluice
