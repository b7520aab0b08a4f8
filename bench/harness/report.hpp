#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "harness/measure.hpp"

namespace sluice::bench {

/// One line of a table. Its member `bench` names the table.
using row = nlohmann::ordered_json;

/// Adds a figure with its minimum and maximum: `what`, `what_min`, `what_max`.
void put(row& to, const std::string& what, const figure&);

/// Prints rows as they are added, and keeps them.
class report {
public:
  void add(row);
  /// Returns JSON: `{"rows": […]}`.
  std::string json() const;

private:
  std::string columns_;
  row rows_ = row::array();
};

} // namespace sluice::bench
