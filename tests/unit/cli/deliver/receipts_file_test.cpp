#include "support/catch.hpp"

#include "cli/deliver/receipts_file.hpp"
#include "support/process.hpp"

using namespace sluice;
using namespace sluice::test;

TEST_CASE("receipts are appended, a line each", "[cli][receipts]") {
  temporary_folder folder;
  const auto path = folder.path() + "/receipts";
  std::vector<std::string> many;
  std::string expected;
  for (int i = 0; i < 2'000; ++i) {
    many.push_back("message-" + std::to_string(i));
    expected += many.back() + "\n";
  }
  {
    auto file = receipts_file::open(path);
    REQUIRE(file);
    CHECK(file->append(many));
  }
  auto again = receipts_file::open(path);
  CHECK(again->append({"more"}));
  CHECK(read_file(path) == expected + "more\n");
}

TEST_CASE("a partial last line is cut off, whatever its length", "[cli][receipts]") {
  temporary_folder folder;
  for (const std::size_t partial : {1U, 4'096U, 10'000U}) {
    const auto path = folder.write("receipts", "one\ntwo\n" + std::string(partial, 'x'));
    CHECK(receipts_file::open(path)->append({"three"}));
    CHECK(read_file(path) == "one\ntwo\nthree\n");
  }
  const auto path = folder.write("receipts", "never ended");
  CHECK(receipts_file::open(path)->append({"one"}));
  CHECK(read_file(path) == "one\n");
}

TEST_CASE("receipts that cannot be written are an error that names the option", "[cli][receipts]") {
  temporary_folder folder;
  CHECK(receipts_file::open(folder.path()).error().field == "receipts");
}
