#include "support/command_queue.hpp"

#include <cstdlib>
#include <map>
#include <sstream>

#include "support/catch.hpp"

namespace sluice::test {

namespace {

// It delivers, and so has the options of delivery.
bool delivers(const std::vector<std::string>& first) {
  return first.front() == "send" || first.front() == "run" || first.front() == "serve";
}

} // namespace

command_queue::command_queue(std::string store, std::vector<std::string> more)
    : store_{store.empty() ? "sqlite:" + folder_.path() + "/queue.db" : std::move(store)}, more_{std::move(more)} {}

std::vector<std::string> command_queue::words(std::vector<std::string> first,
                                              const std::vector<std::string>& more) const {
  const bool all = delivers(first);
  first.insert(first.begin(), SLUICE_COMMAND_PATH);
  first.insert(first.end(), {"--store", store_});
  if (all)
    first.insert(first.end(), more_.begin(), more_.end());
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

process_result command_queue::call(std::vector<std::string> first, const std::vector<std::string>& more,
                                   const std::string& input) const {
  return run(words(std::move(first), more), input, {"SLUICE_WRITE_KEY=k"});
}

process command_queue::start(std::vector<std::string> first, const std::vector<std::string>& more,
                             const std::string& input) const {
  return process{words(std::move(first), more), input, {"SLUICE_WRITE_KEY=k"}};
}

nlohmann::json command_queue::status() const {
  const auto done = call({"status", "--json"});
  INFO(done.err);
  REQUIRE(done.status == 0);
  auto s = nlohmann::json::parse(done.out);
  const auto n = [&](const char* name) { return s.at(name).get<std::uint64_t>(); };
  CHECK(n("stored") ==
        n("delivered") + n("dead") + n("ready") + n("in_flight") + n("retry") + n("purged") + n("erased"));
  return s;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    all.push_back(line);
  return all;
}

nlohmann::json last_json(const std::string& text) {
  const auto all = lines_of(text);
  REQUIRE(!all.empty());
  return nlohmann::json::parse(all.back());
}

std::string numbered_events(const std::string& prefix, int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += R"({"type":"track","userId":"u","event":"e","messageId":")" + prefix + "-" + std::to_string(i) + "\"}\n";
  return text;
}

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

arrivals compare(const std::string& record, const std::vector<std::string>& receipts) {
  std::map<std::string, std::size_t> arrived;
  for (const auto& line : lines_of(read_file(record)))
    ++arrived[line.substr(0, line.find(' '))];
  arrivals result;
  for (const auto& [id, times] : arrived)
    result.duplicates += times - 1;
  for (const auto& file : receipts) {
    // A last line that a kill cut off is no receipt.
    auto text = read_file(file);
    text.resize(text.rfind('\n') + 1);
    for (const auto& id : lines_of(text)) {
      ++result.receipts;
      result.lost += arrived.count(id) == 0 ? 1 : 0;
    }
  }
  return result;
}

} // namespace sluice::test
