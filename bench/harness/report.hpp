#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "harness/measure.hpp"

namespace sluice::bench {

/// One line of a table. Its member `bench` names the table.
using row = nlohmann::ordered_json;

/// Adds a figure with its minimum and maximum: `what`, `what_min`, `what_max`.
void put(row& to, const std::string& what, const figure&);

/// Returns one of the figures that several runs have.
figure figure_of(const std::vector<row>& runs, const std::string& what);
/// Adds the median of each figure that the runs have.
void put_medians(row& to, const std::vector<row>& runs);

/// Takes the figures of several things in turn, `rounds` times, so that other load on the machine affects all of them.
/// Returns the runs of each.
std::vector<std::vector<row>> in_turn(int rounds, const std::vector<std::function<row()>>& things);

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
