#include "support/catch.hpp"

#include <filesystem>

#include "support/process.hpp"

using namespace sluice::test;

TEST_CASE("each command has a man page, with what its help says", "[e2e][man]") {
  const temporary_folder folder;
  CHECK(run({SLUICE_COMMAND_PATH, "man-pages", folder.path()}).status == 0);
  for (const char* name : {"sluice", "sluice-send", "sluice-run", "sluice-serve", "sluice-dead", "sluice-dead-list",
                           "sluice-dead-edit", "sluice-sink"})
    CHECK(std::filesystem::exists(folder.path() + '/' + name + ".1"));
  const auto page = read_file(folder.path() + "/sluice-run.1");
  for (const char* part :
       {".TH SLUICE\\-RUN 1", ".SH NAME\nsluice\\-run \\- Deliver", "\\fB\\-\\-durability\\fR", "One of full, normal.",
        "Default: full.", ".SH EXIT STATUS\n.EX\n0  no event waits", "SLUICE_WRITE_KEY", "\\fBsluice\\fR(1)"}) {
    INFO(part);
    CHECK(page.find(part) != std::string::npos);
  }
}

TEST_CASE("man pages that cannot be written are an error", "[e2e][man][bad input]") {
  CHECK(run({SLUICE_COMMAND_PATH, "man-pages", "/nonexistent"}).status == 2);
  const auto done = run({SLUICE_COMMAND_PATH, "man-pages", "/proc"});
  CHECK(done.status == 1);
  CHECK(done.err.find("/proc/sluice.1") != std::string::npos);
}
