#include "harness/report.hpp"

#include <cmath>
#include <cstdio>
#include <utility>

namespace sluice::bench {

namespace {

constexpr int width = 13;

// Shortens a value to the width of a column. The JSON has the full value.
std::string text(const row& value) {
  if (value.is_string())
    return value.get<std::string>();
  if (!value.is_number_float())
    return value.dump();
  const auto n = value.get<double>();
  std::string out(32, '\0');
  const int digits = std::abs(n) < 10 ? 2 : std::abs(n) < 1'000 ? 1 : 0;
  out.resize(static_cast<std::size_t>(std::snprintf(out.data(), out.size(), "%.*f", digits, n)));
  return out;
}

} // namespace

void put(row& to, const std::string& what, const figure& f) {
  to[what] = f.median;
  to[what + "_min"] = f.least;
  to[what + "_max"] = f.most;
}

figure figure_of(const std::vector<row>& runs, const std::string& what) {
  std::vector<double> values;
  for (const auto& r : runs)
    values.push_back(r.at(what));
  return figure_of(std::move(values));
}

void put_medians(row& to, const std::vector<row>& runs) {
  for (const auto& [what, value] : runs.front().items())
    to[what] = figure_of(runs, what).median;
}

std::vector<std::vector<row>> in_turn(int rounds, const std::vector<std::function<row()>>& things) {
  std::vector<std::vector<row>> runs(things.size());
  for (int i = 0; i < rounds; ++i)
    for (std::size_t k = 0; k < things.size(); ++k)
      runs[k].push_back(things[k]());
  return runs;
}

void report::add(row r) {
  std::string columns, line;
  const auto pad = [](std::string cell) {
    cell.resize(std::max<std::size_t>(cell.size(), width), ' ');
    return cell + " ";
  };
  for (const auto& [name, value] : r.items()) {
    columns += pad(name);
    auto cell = text(value);
    cell.resize(std::max({cell.size(), name.size(), static_cast<std::size_t>(width)}), ' ');
    line += cell + " ";
  }
  if (std::exchange(columns_, columns) != columns)
    std::printf("\n%s\n", columns.c_str());
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
  rows_.push_back(std::move(r));
}

std::string report::json() const {
  return row{{"rows", rows_}}.dump(1) + "\n";
}

} // namespace sluice::bench
