#include "support/catch.hpp"

#include <filesystem>

#include <sys/stat.h>

#include "store/make_store.hpp"
#include "unit/store/sqlite/queue_file.hpp"

// What the path of a queue may name, and what happens to it.

using namespace sluice;
using namespace sluice::test;

namespace fs = std::filesystem;

TEST_CASE("a queue that is opened by another of its names is taken", "[store][sqlite]") {
  queue_file q;
  const auto link = q.folder.path() + "/link.db";
  fs::create_symlink(q.path, link);
  const auto first = *q.open();
  q.put(*first, 1, 1);
  const auto second = sqlite_store::open(link, {}, "one");
  REQUIRE(!second);
  CHECK(second.error().code == errc::queue_taken);
  options o;
  o.persistence = "sqlite:" + link;
  CHECK((*make_queue_admin(o))->stats()->owners.size() == 1);
}

TEST_CASE("a file with several names is refused, whether its queue is processed or not", "[store][sqlite]") {
  queue_file q;
  const auto first = *q.open();
  const auto link = q.folder.path() + "/link.db";
  fs::create_hard_link(q.path, link);
  for (const auto& name : {link, q.path}) {
    const auto second = sqlite_store::open(name, {}, "one");
    REQUIRE(!second);
    CHECK(second.error().code == errc::not_a_queue);
    CHECK(second.error().message.find("2 hard links") != std::string::npos);
    CHECK(!fs::exists(link + ".lock"));
  }
}

TEST_CASE("a lock that is another file's name is refused, and that file is left alone", "[store][sqlite]") {
  queue_file q;
  const auto precious = q.folder.write("precious", "what a user wrote");
  const bool symbolic = GENERATE(true, false);
  if (symbolic)
    fs::create_symlink(precious, q.path + ".lock");
  else
    fs::create_hard_link(precious, q.path + ".lock");
  const auto opened = q.open();
  REQUIRE(!opened);
  CHECK(opened.error().message.find(q.path + ".lock") != std::string::npos);
  CHECK(read_file(precious) == "what a user wrote");
  CHECK(!fs::exists(q.path));
}

TEST_CASE("what is no regular file is refused, and nothing is made beside it", "[store][sqlite]") {
  queue_file q;
  SECTION("a folder") {
    fs::create_directory(q.path);
  }
  SECTION("a pipe") {
    REQUIRE(::mkfifo(q.path.c_str(), 0600) == 0);
  }
  SECTION("a link to nothing") {
    fs::create_symlink(q.folder.path() + "/none/queue.db", q.path);
  }
  SECTION("a link to a device") {
    fs::create_symlink("/dev/null", q.path);
  }
  const auto opened = q.open();
  REQUIRE(!opened);
  CHECK(opened.error().code == errc::not_a_queue);
  CHECK(opened.error().message.find("not a regular file") != std::string::npos);
  CHECK(std::distance(fs::directory_iterator{q.folder.path()}, {}) == 1);
  CHECK(!fs::exists("/dev/null.lock"));
}

TEST_CASE("what a killed creation left is put away", "[store][sqlite]") {
  queue_file q;
  { // the log of a file that is gone, whose frames are sound
    const auto gone = *q.open();
    q.put(*gone, 1, 5);
    fs::copy_file(q.path + "-wal", q.path + "-kept");
  }
  fs::remove(q.path);
  fs::rename(q.path + "-kept", q.path + "-wal");
  q.folder.write("queue.db.new", "half a da");
  q.folder.write("queue.db.new-journal", "and its journal");
  const auto open = *q.open();
  CHECK(open->stats()->stored == 0);
  q.put(*open, 1, 1);
  CHECK(open->stats()->stored == 10);
  CHECK(!fs::exists(q.path + ".new"));
  CHECK(!fs::exists(q.path + ".new-journal"));
}

TEST_CASE("an empty file becomes a queue", "[store][sqlite]") {
  queue_file q;
  q.folder.write("queue.db", "");
  {
    const auto open = *q.open();
    q.put(*open, 1, 1);
  }
  CHECK((*q.open())->stats()->ready == 10);
}

TEST_CASE("a queue whose file is taken away stores nothing more, and says why", "[store][sqlite]") {
  queue_file q;
  const auto open = *q.open();
  q.put(*open, 1, 1);
  std::string missing = q.path;
  SECTION("removed") {
    fs::remove(q.path);
  }
  SECTION("renamed") {
    fs::rename(q.path, q.path + ".old");
  }
  SECTION("replaced") {
    fs::copy_file(q.path, q.path + ".copy");
    fs::rename(q.path + ".copy", q.path);
  }
  SECTION("its log removed") {
    missing += "-wal";
    fs::remove(missing);
  }
  SECTION("its lock removed") {
    missing += ".lock";
    fs::remove(missing);
  }
  unit_of_work w;
  w.enqueues.push_back(queue_file::batch_of(2));
  const auto done = q.apply(*open, w);
  REQUIRE(!done);
  CHECK(done.error().code == errc::not_a_queue);
  CHECK(done.error().message.find(missing + " was removed or replaced") != std::string::npos);
}
