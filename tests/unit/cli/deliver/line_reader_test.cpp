#include "support/catch.hpp"

#include <fstream>

#include <unistd.h>

#include "cli/deliver/line_reader.hpp"
#include "support/process.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

// A pipe whose other end says stop when something is written to it.
struct stop_pipe {
  stop_pipe() { REQUIRE(::pipe(ends) == 0); }
  ~stop_pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  stop_pipe(const stop_pipe&) = delete;
  stop_pipe& operator=(const stop_pipe&) = delete;
  int ends[2];
};

} // namespace

TEST_CASE("lines come one by one, the last one also without its newline", "[cli][lines]") {
  temporary_folder folder;
  stop_pipe stop;
  const std::string long_line(300'000, 'x');
  auto reader = line_reader::open(folder.write("f", "one\n\n" + long_line + "\nlast"), 1 << 20, stop.ends[0]);
  REQUIRE(reader);
  for (const auto& expected : {std::string{"one"}, std::string{}, long_line, std::string{"last"}}) {
    REQUIRE(reader->next() == line_reader::outcome::line);
    CHECK(reader->text() == expected);
  }
  CHECK(reader->number() == 4);
  CHECK(reader->next() == line_reader::outcome::end);
}

TEST_CASE("a line that is too long is passed over, and the next one is whole", "[cli][lines]") {
  temporary_folder folder;
  stop_pipe stop;
  for (const std::size_t length : {11U, 5'000U, 10U << 20}) {
    auto reader = line_reader::open(folder.write("f", std::string(length, 'x') + "\nshort\n"), 10, stop.ends[0]);
    REQUIRE(reader->next() == line_reader::outcome::too_long);
    REQUIRE(reader->next() == line_reader::outcome::line);
    CHECK(reader->text() == "short");
    CHECK(reader->number() == 2);
    CHECK(reader->next() == line_reader::outcome::end);
  }
  auto unended = line_reader::open(folder.write("f", std::string(11, 'x')), 10, stop.ends[0]);
  CHECK(unended->next() == line_reader::outcome::too_long);
  CHECK(unended->next() == line_reader::outcome::end);
  auto just_right = line_reader::open(folder.write("f", std::string(10, 'x')), 10, stop.ends[0]);
  CHECK(just_right->next() == line_reader::outcome::line);
}

TEST_CASE("an empty file has no lines, a directory and a missing file are errors", "[cli][lines]") {
  temporary_folder folder;
  stop_pipe stop;
  CHECK(line_reader::open(folder.write("f", ""), 10, stop.ends[0])->next() == line_reader::outcome::end);
  CHECK(line_reader::open(folder.path(), 10, stop.ends[0]).error().message.find("directory") != std::string::npos);
  CHECK(!line_reader::open(folder.path() + "/none", 10, stop.ends[0]));
}

TEST_CASE("reading from something that says nothing ends when it is stopped", "[cli][lines]") {
  stop_pipe silent, stop;
  auto reader = line_reader::open("/dev/fd/" + std::to_string(silent.ends[0]), 10, stop.ends[0]);
  REQUIRE(reader);
  REQUIRE(::write(stop.ends[1], "x", 1) == 1);
  CHECK(reader->next() == line_reader::outcome::stopped);
}
