// Command lines, and the durations on them. As in /proc/PID/cmdline a NUL ends a word. No command is run.
#include <sstream>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/duration_option.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

using namespace sluice;

namespace {

struct understood {};

// Stops behind the parser, before any command is run.
class unrun_app : public CLI::App {
  void pre_callback() override { throw understood{}; }
};

void check_duration(std::string_view word) {
  for (const auto plain : {plain_unit::none, plain_unit::ms, plain_unit::s})
    if (const auto t = parse_duration(word, plain)) {
      require(t->count() >= 0, "a duration is not negative");
      require(parse_duration(to_text(*t), plain) == t, "a duration is read again as it is");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> words{"sluice"};
  std::istringstream text{std::string{text_of(data, size)}};
  for (std::string word; std::getline(text, word, '\0');) {
    check_duration(word);
    if (word.starts_with("--config")) // is read while the line is
      return 0;
    words.push_back(word);
  }
  std::vector<const char*> arguments;
  for (const auto& word : words)
    arguments.push_back(word.c_str());
  unrun_app app;
  int exit_code = 0;
  describe_command_line(app, exit_code);
  try {
    app.parse(static_cast<int>(arguments.size()), arguments.data());
    require(false, "no command is run");
  } catch (const understood&) {
    require(!called(app).empty(), "a command line names a command");
  } catch (const CLI::ParseError& why) {
    std::ostringstream out, err;
    const auto status = app.exit(why, out, err);
    require(status == 0 ? err.str().empty() : out.str().empty(), "help and errors do not mix");
    const auto said = err.str();
    require(status == 0 || said.find('\n') == said.size() - 1, "a mistake is one line");
    for (const char c : said)
      require(static_cast<unsigned char>(c) >= 0x20 || c == '\n', "a terminal obeys nothing");
  }
  return 0;
}
