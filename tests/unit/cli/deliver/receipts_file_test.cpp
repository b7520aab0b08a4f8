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

TEST_CASE("a partial last line is cut off", "[cli][receipts]") {
  temporary_folder folder;
  for (const std::size_t partial : {1U, 128U}) {
    const auto path = folder.write("receipts", "one\ntwo\n" + std::string(partial, 'x'));
    CHECK(receipts_file::open(path)->append({"three"}));
    CHECK(read_file(path) == "one\ntwo\nthree\n");
  }
  const auto path = folder.write("receipts", "unended");
  CHECK(receipts_file::open(path)->append({"one"}));
  CHECK(read_file(path) == "one\n");
}

TEST_CASE("a file that holds anything but receipts is refused, and not touched", "[cli][receipts]") {
  temporary_folder folder;
  for (const std::string& content :
       {std::string{"some notes\nwithout an end"}, std::string{"one\n\ntwo"}, "one\n" + std::string(129, 'x'),
        std::string{"{\"type\":\"track\"}\n{"}, "one\n" + std::string(3, '\0'), std::string{"one\r\ntwo"}}) {
    const auto path = folder.write("precious", content);
    const auto opened = receipts_file::open(path);
    REQUIRE(!opened);
    CHECK(opened.error().field == "--receipts");
    CHECK(opened.error().message.find("something else than receipts") != std::string::npos);
    CHECK(read_file(path) == content);
  }
}

TEST_CASE("every id makes one line, which the next run takes", "[cli][receipts]") {
  temporary_folder folder;
  const auto path = folder.path() + "/receipts";
  CHECK(receipts_file::open(path)->append(
      {"two\nlines", "two words", "{\"a\":1}", "caf\xc3\xa9", std::string(128, 'i')}));
  CHECK(read_file(path) == "two?lines\ntwo?words\n??a?:1?\ncaf\xc3\xa9\n" + std::string(128, 'i') + "\n");
  CHECK(receipts_file::open(path));
}

TEST_CASE("receipts that cannot be written are an error that names the option", "[cli][receipts]") {
  temporary_folder folder;
  CHECK(receipts_file::open(folder.path()).error().field == "--receipts");
}
