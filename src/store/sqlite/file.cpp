#include "store/sqlite/file.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/lock.hpp"

namespace sluice {

namespace {

// "Slui", in the file's header: what tells our files from others'.
constexpr std::uint32_t application_id = 0x536c7569;
constexpr std::uint32_t schema_version = 5;
// A file of this one is brought up to date when it is opened. A process with the version that made it, which has it
// open, can go on.
constexpr std::uint32_t last_schema_version = 4;
// How long another process (`sluice status`, a backup) may keep the file locked.
constexpr std::chrono::milliseconds busy{5'000};

// The log is emptied from 4 MiB on by whoever writes, if it is to empty the log, and kept at that size.
constexpr std::uint64_t long_log = std::uint64_t{8} << 20;

// What the file grows by, in bytes.
constexpr int growth = 256 * 1024;

// `state` is 0 ready, 1 in flight, 2 retry, 3 dead. `place` is the order of acceptance in the partition; the halves of
// a split share their parent's and follow one another by id. `ended` is 1 once its events have reached their first end.
// `due` of a dead letter is when it died. Bodies stand apart, so that a change of state does not rewrite them.
//
// Every index costs each change of a state, so a partition finds its retries and its oldest dead letter in one. SQLite
// takes an index with a condition only for a query that has the same condition. `batch_dead` is for operators, who see
// one list of all partitions.
//
// `total` has a row for each partition. `erased` has the events that were erased before their end, by the id of their
// batch: the process that waits for the end asks for them. What the process says of its deliveries stands in `control`;
// `health_said` is when it did, or 0. `note` has the notes of the queue, whatever its partitions.
constexpr const char* tables = R"sql(
CREATE TABLE batch(
  n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, partition INTEGER NOT NULL, place INTEGER NOT NULL,
  state INTEGER NOT NULL, fence INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
  crashes INTEGER NOT NULL DEFAULT 0, ended INTEGER NOT NULL DEFAULT 0, events INTEGER NOT NULL,
  bytes INTEGER NOT NULL, enqueued INTEGER NOT NULL, due INTEGER NOT NULL DEFAULT 0,
  status INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '');
CREATE INDEX batch_ready ON batch(partition, place, id) WHERE state = 0;
CREATE INDEX batch_in_flight ON batch(partition, id) WHERE state = 1;
CREATE INDEX batch_later ON batch(state, partition, due, id) WHERE state > 1;
CREATE INDEX batch_dead ON batch(due, id) WHERE state = 3;
CREATE TABLE body(n INTEGER PRIMARY KEY, payload BLOB NOT NULL);
CREATE TABLE total(
  partition INTEGER PRIMARY KEY, stored INTEGER NOT NULL DEFAULT 0, delivered INTEGER NOT NULL DEFAULT 0,
  purged INTEGER NOT NULL DEFAULT 0, ready INTEGER NOT NULL DEFAULT 0, in_flight INTEGER NOT NULL DEFAULT 0,
  retry INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0, backlog_bytes INTEGER NOT NULL DEFAULT 0,
  dead_bytes INTEGER NOT NULL DEFAULT 0, next_place INTEGER NOT NULL DEFAULT 1, erased INTEGER NOT NULL DEFAULT 0);
CREATE TABLE erased(id TEXT PRIMARY KEY, events INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE note(name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE control(
  one INTEGER PRIMARY KEY CHECK(one = 1), paused INTEGER NOT NULL DEFAULT 0, fingerprint TEXT NOT NULL DEFAULT '',
  health_said INTEGER NOT NULL DEFAULT 0, suspended TEXT NOT NULL DEFAULT '', last_failure TEXT NOT NULL DEFAULT '');
INSERT INTO control(one) VALUES(1);
)sql";

// How a file was made. Both stand in the header, as its user version, where they are read before anything is changed.
struct file_kind {
  std::uint32_t schema = 0;
  std::size_t partitions = 0;
};

constexpr std::uint32_t schema_bits = 16;

std::uint32_t to_user_version(const file_kind& k) {
  return static_cast<std::uint32_t>(k.partitions) << schema_bits | k.schema;
}

file_kind from_user_version(std::uint32_t version) {
  return {.schema = version & ((1U << schema_bits) - 1), .partitions = version >> schema_bits};
}

file_kind kind_in(sqlite_db& db) {
  std::uint32_t version = 0;
  db.query("PRAGMA user_version", {}, [&](const sqlite_row& r) { version = static_cast<std::uint32_t>(r.integer(0)); });
  return from_user_version(version);
}

std::uint32_t big_endian(const unsigned char* p) {
  return std::uint32_t{p[0]} << 24U | std::uint32_t{p[1]} << 16U | std::uint32_t{p[2]} << 8U | p[3];
}

// The first bytes of a file. Read by SQLite's own file layer, which knows not to drop the locks that this process may
// have on the file by another connection, as a plain close() would: then a third party would take the log away.
template <std::size_t Size>
int read_beginning(const std::string& path, std::array<unsigned char, Size>& to) {
  struct name_of {
    explicit name_of(const std::string& path) : name{sqlite3_create_filename(path.c_str(), "", "", 0, nullptr)} {}
    ~name_of() { sqlite3_free_filename(name); }
    sqlite3_filename name;
  } const name{path};
  auto* layer = sqlite3_vfs_find(nullptr);
  std::vector<std::max_align_t> room(static_cast<std::size_t>(layer->szOsFile) / sizeof(std::max_align_t) + 1);
  auto* file = reinterpret_cast<sqlite3_file*>(room.data());
  int flags = 0;
  int code = layer->xOpen(layer, name.name, file, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, &flags);
  if (code == SQLITE_OK)
    code = file->pMethods->xRead(file, to.data(), static_cast<int>(to.size()), 0);
  if (file->pMethods)
    file->pMethods->xClose(file);
  return code;
}

// Looks at the header first: SQLite might already change a file while it opens it. Empty: a new file.
result<std::optional<file_kind>> kind_of(const std::string& path) {
  std::error_code why;
  const auto size = std::filesystem::file_size(path, why);
  if (why == std::errc::no_such_file_or_directory || (!why && size == 0))
    return std::optional<file_kind>{};
  if (why)
    return error{errc::store_failed, "persistence", path + ": " + why.message()};
  std::array<unsigned char, 100> header{};
  const int code = read_beginning(path, header);
  if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ)
    return error{errc::store_failed, "persistence", path + ": " + sqlite3_errstr(code)};
  constexpr std::string_view magic{"SQLite format 3\0", 16};
  if (std::memcmp(header.data(), magic.data(), magic.size()) != 0 || big_endian(&header[68]) != application_id)
    return error{errc::not_a_queue, "persistence",
                 path + " is a file of something else, or damaged; nothing was changed"};
  return std::optional{from_user_version(big_endian(&header[60]))};
}

error failed_at(const std::string& path) {
  return {errc::store_failed, "persistence", path + ": " + std::strerror(errno)};
}

// Removes what SQLite keeps beside a file while it is in use.
void remove_companions(const std::string& path) {
  for (const char* suffix : {"-journal", "-wal", "-shm"})
    ::unlink((path + suffix).c_str());
}

result<void> write_tables(const std::string& path, std::size_t partitions) {
  const auto version = to_user_version({.schema = schema_version, .partitions = partitions});
  try {
    sqlite_db db{path, busy};
    // No journal: what is cut short is thrown away. In the end it has the mode in which it is used.
    db.script("PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL; PRAGMA auto_vacuum = INCREMENTAL; BEGIN EXCLUSIVE;"
              "PRAGMA application_id = " +
              std::to_string(application_id) + "; PRAGMA user_version = " + std::to_string(version) + ";" + tables);
    for (std::size_t p = 0; p < partitions; ++p)
      db.run("INSERT INTO total(partition) VALUES(?)", {static_cast<std::int64_t>(p)});
    db.script("COMMIT; PRAGMA journal_mode = WAL");
    return {};
  } catch (const sqlite_failure& f) {
    return to_error(f);
  }
}

result<void> sync_folder_of(const std::string& path) {
  const auto folder = std::filesystem::path{path}.parent_path().string();
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const auto failure = failed_at(folder);
  if (fd >= 0)
    ::close(fd);
  return synced ? result<void>{} : failure;
}

// Makes a queue where there is none, as a whole or, if it is killed, not at all: beside, and renamed when it is on the
// disk. The caller has the lock for that, so that no other process does.
result<void> make_file(const std::string& path, std::size_t partitions) {
  const auto fresh = path + ".new";
  ::unlink(fresh.c_str()); // what a killed process left
  remove_companions(fresh);
  // SQLite would make it with the process's mask; its companions take the mode of the file.
  const int fd = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return failed_at(fresh);
  auto made = write_tables(fresh, partitions);
  if (made && ::fsync(fd) != 0)
    made = failed_at(fresh);
  ::close(fd);
  if (made) {
    remove_companions(path); // the log of a file that is gone would be played into the new one
    if (::rename(fresh.c_str(), path.c_str()) != 0)
      made = failed_at(path);
  }
  if (!made) {
    ::unlink(fresh.c_str());
    remove_companions(fresh);
    return made;
  }
  return sync_folder_of(path);
}

error other_schema(const std::string& path, std::uint32_t schema) {
  return {errc::not_a_queue, "persistence",
          path + " was written by " + (schema > schema_version ? "a newer" : "an older") + " version (schema " +
              std::to_string(schema) + ")"};
}

error other_partitions(std::size_t made_with, std::size_t asked) {
  const auto made = std::to_string(made_with);
  return {errc::not_a_queue, "queue.partitions",
          "must be " + made + ", not " + std::to_string(asked) + ": the queue was made with " + made +
              (made_with == 1 ? " partition" : " partitions") + "; `sluice repartition` changes it while nothing runs"};
}

// Nothing was erased in a file of the last schema, and it has no notes.
void bring_up_to_date(sqlite_db& db) {
  if (kind_in(db).schema != last_schema_version)
    return;
  sqlite_transaction whole{db};
  if (const auto kind = kind_in(db); kind.schema == last_schema_version) { // no other process has done it meanwhile
    db.script("ALTER TABLE total ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;"
              "CREATE TABLE erased(id TEXT PRIMARY KEY, events INTEGER NOT NULL) WITHOUT ROWID;"
              "CREATE TABLE note(name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID");
    set_partitions(db, kind.partitions);
  }
  whole.commit();
}

// `set_up`: what this connection does in its own way.
template <class F>
result<sqlite_db> connect_to(const std::string& path, sqlite_durability durability, F set_up) {
  try {
    sqlite_db db{path, busy};
    // Some builds of SQLite overwrite what is deleted: an acknowledgement would write as much as the batch did.
    db.script("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192; PRAGMA journal_size_limit = 4194304;"
              "PRAGMA secure_delete = OFF");
    db.script(durability == sqlite_durability::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    db.script("PRAGMA journal_mode = WAL");
    bring_up_to_date(db);
    set_up(db);
    return result<sqlite_db>{boost::system::in_place_value, std::move(db)};
  } catch (const sqlite_failure& f) {
    return to_error(f);
  }
}

} // namespace

result<std::string> path_of_queue(const std::string& name) {
  std::error_code why;
  const auto path = std::filesystem::weakly_canonical(std::filesystem::absolute(name), why).string();
  if (why)
    return error{errc::store_failed, "persistence", name + ": " + why.message()};
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT)
      return path;
    return failed_at(path);
  }
  if (!S_ISREG(found.st_mode))
    return error{errc::not_a_queue, "persistence", path + " is not a regular file; nothing was changed"};
  if (found.st_nlink > 1)
    return error{errc::not_a_queue, "persistence",
                 path + " has " + std::to_string(found.st_nlink) +
                     " hard links; a queue's file must have one name, so that no second process takes it by another"};
  return path;
}

std::size_t count_partitions(sqlite_db& db) {
  return kind_in(db).partitions;
}

result<void> check_partitions(sqlite_db& db, std::size_t wanted) {
  const auto found = count_partitions(db);
  return found == wanted ? result<void>{} : other_partitions(found, wanted);
}

void set_partitions(sqlite_db& db, std::size_t partitions) {
  db.script("PRAGMA user_version = " +
            std::to_string(to_user_version({.schema = schema_version, .partitions = partitions})));
}

std::uint64_t size_of_log(const std::string& path) {
  std::error_code none;
  const auto size = std::filesystem::file_size(log_of(path), none);
  return none ? 0 : size;
}

bool is_log_long(const std::string& path) {
  return size_of_log(path) > long_log;
}

error to_error(const sqlite_failure& f) {
  const bool damaged = f.code() == SQLITE_CORRUPT || f.code() == SQLITE_NOTADB;
  return {damaged ? errc::not_a_queue : errc::store_failed, "persistence", std::string{"SQLite: "} + f.what()};
}

result<bool> find_sqlite_file(const std::string& path, std::optional<std::size_t> partitions) {
  const auto kind = kind_of(path);
  if (!kind)
    return kind.error();
  if (!*kind)
    return false;
  const file_kind& found = **kind;
  if (found.schema != schema_version && found.schema != last_schema_version)
    return other_schema(path, found.schema);
  if (partitions && found.partitions != *partitions)
    return other_partitions(found.partitions, *partitions);
  return true;
}

result<sqlite_db> open_sqlite_file(const std::string& path, sqlite_durability durability) {
  const auto found = find_sqlite_file(path);
  if (!found)
    return found.error();
  if (!*found)
    return error{errc::not_a_queue, "persistence", path + ": there is no such queue"};
  // One connection empties the log, see `allocate`.
  return connect_to(path, durability, [](sqlite_db& db) { db.script("PRAGMA wal_autocheckpoint = 0"); });
}

result<sqlite_db> make_sqlite_file(const std::string& path, const options& o) {
  auto found = find_sqlite_file(path, o.queue.partitions);
  std::optional<file_lock> making;
  if (found && !*found) {
    auto lock = file_lock::wait_to_make(path, busy);
    if (!lock)
      return lock.error();
    making.emplace(std::move(*lock));
    found = find_sqlite_file(path, o.queue.partitions); // another process may have made it meanwhile
  }
  if (!found)
    return found.error();
  if (!*found) {
    if (auto made = make_file(path, o.queue.partitions); !made)
      return made.error();
  }
  result<void> fits;
  auto db = connect_to(path, o.sqlite.durability, [&](sqlite_db& fresh) {
    fresh.set_growth(growth);
    // A change of them that was killed at its end stands in the log, and not in the file yet.
    fits = check_partitions(fresh, o.queue.partitions);
  });
  if (db && !fits)
    return fits.error();
  return db;
}

} // namespace sluice
