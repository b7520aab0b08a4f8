#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "server/service.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// Returns the answer of the administration with this JSON.
reply admin_answer(int status, const nlohmann::ordered_json&);

/// Returns JSON as one line. A store may hold bytes that are not UTF-8.
std::string one_line(const nlohmann::ordered_json&);

/// Returns the answer with lines of JSON. `next`: the cursor of what follows; empty: nothing does.
reply admin_lines(std::string lines, const std::string& next);

/// Returns the answer of the administration that says what is wrong. `field`: the name of the parameter.
reply admin_failure(int status, const std::string& sentence, const std::string& field = "");

/// The same for an error of a call, or of the queue.
reply admin_failure(const error&);

} // namespace sluice
