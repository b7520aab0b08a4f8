#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "harness/measure.hpp"

namespace sluice::bench {

/// One line of the table; its member `bench` says of which.
using row = nlohmann::ordered_json;

/// A figure with its least and its most: `what`, `what_min`, `what_max`.
void put(row& to, const std::string& what, const figure&);

/// Prints rows as they come, and keeps them.
class report {
public:
  void add(row);
  /// As JSON: `{"rows": […]}`.
  std::string json() const;

private:
  std::string columns_;
  row rows_ = row::array();
};

} // namespace sluice::bench
