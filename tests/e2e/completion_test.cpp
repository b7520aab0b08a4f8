#include "support/catch.hpp"

#include <algorithm>
#include <sstream>

#include "support/process.hpp"

using namespace sluice::test;

namespace {

using word_list = std::vector<std::string>;

// What bash offers behind these words; the last one is under the cursor.
word_list completed(const word_list& line) {
  word_list shell{"/bin/bash", "-c",
                  "eval \"$(\"$1\" completion bash)\"; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _sluice; "
                  "printf '%s\\n' \"${COMPREPLY[@]}\"",
                  "bash", SLUICE_COMMAND_PATH};
  shell.insert(shell.end(), line.begin(), line.end());
  const auto done = run(shell);
  CHECK(done.status == 0);
  CHECK(done.err == "");
  word_list proposals;
  std::istringstream out{done.out};
  for (std::string word; std::getline(out, word);)
    if (!word.empty())
      proposals.push_back(word);
  return proposals;
}

bool has(const word_list& all, const std::string& word) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

} // namespace

TEST_CASE("bash completes subcommands, on two levels", "[e2e][completion]") {
  CHECK(completed({"sluice", "s"}) == word_list{"send", "serve", "status", "sink"});
  CHECK(completed({"sluice", "dead", "p"}) == word_list{"purge"});
  CHECK(!has(completed({"sluice", ""}), "man-pages"));
}

TEST_CASE("bash completes the long options of the command at hand", "[e2e][completion]") {
  CHECK(completed({"sluice", "run", "--unt"}) == word_list{"--until-empty"});
  CHECK(completed({"sluice", "send", "--unt"}).empty());
  CHECK(completed({"sluice", "dead", "replay", "--url", "http://127.0.0.1", "--dr"}) == word_list{"--dry-run"});
}

TEST_CASE("bash completes what a value must be one of, also behind an equals sign", "[e2e][completion]") {
  CHECK(completed({"sluice", "send", "--durability", ""}) == word_list{"full", "normal"});
  CHECK(completed({"sluice", "send", "--durability", "=", "n"}) == word_list{"normal"});
  CHECK(completed({"sluice", "send", "--durability", "="}) == word_list{"full", "normal"});
  CHECK(completed({"sluice", "completion", "z"}) == word_list{"zsh"});
}

TEST_CASE("bash completes files where a file is expected, and nothing where any value is", "[e2e][completion]") {
  const temporary_folder folder;
  const auto file = folder.write("with space", "");
  CHECK(completed({"sluice", "run", "--write-key-file", folder.path() + "/w"}) == word_list{file});
  CHECK(completed({"sluice", "send", folder.path() + "/w"}) == word_list{file});
  CHECK(completed({"sluice", "status", "--redis-ca-file", folder.path() + "/w"}) == word_list{file});
  CHECK(completed({"sluice", "run", folder.path() + "/w"}).empty());
  CHECK(completed({"sluice", "send", "--url", ""}).empty());
}

TEST_CASE("a shell that is not known is refused", "[e2e][completion][bad input]") {
  const auto done = run({SLUICE_COMMAND_PATH, "completion", "fish"});
  CHECK(done.status == 2);
  CHECK(done.err.find("SHELL") != std::string::npos);
}
