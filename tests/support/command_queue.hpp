#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/process.hpp"

namespace sluice::test {

/// The command on one queue, with the write key `k`.
class command_queue {
public:
  /// `store` is what `--store` takes; default: a file. `more` goes to every call that delivers.
  explicit command_queue(std::string store = "", std::vector<std::string> more = {});

  /// `sluice FIRST… --store STORE MORE…`
  std::vector<std::string> words(std::vector<std::string> first, const std::vector<std::string>& more = {}) const;
  process_result call(std::vector<std::string> first, const std::vector<std::string>& more = {},
                      const std::string& input = "") const;
  /// A process that goes on while the test does.
  process start(std::vector<std::string> first, const std::vector<std::string>& more = {},
                const std::string& input = "") const;
  /// What `sluice status --json` says; checks that it adds up.
  nlohmann::json status() const;

  const temporary_folder& folder() const { return folder_; }

private:
  temporary_folder folder_;
  std::string store_;
  std::vector<std::string> more_;
};

std::vector<std::string> lines_of(const std::string& text);

/// The last line of an output, as JSON.
nlohmann::json last_json(const std::string& text);

/// A track event, as JSON.
inline const std::string good_event = R"({"type":"track","userId":"u","event":"e"})";

/// Events with the ids `PREFIX-0`, `PREFIX-1`, …, a line each.
std::string numbered_events(const std::string& prefix, int count);

/// A number from the environment.
std::uint64_t setting(const char* name, std::uint64_t otherwise);

/// What a sink recorded, against receipts.
struct arrivals {
  std::size_t receipts = 0;
  /// Receipts of events that are not in the record.
  std::size_t lost = 0;
  /// Events that are there more than once count for each time after the first.
  std::size_t duplicates = 0;
};
arrivals compare(const std::string& record, const std::vector<std::string>& receipts);

} // namespace sluice::test
