#include "store/sqlite/database.hpp"

#include <cerrno>
#include <chrono>
#include <thread>

#include <sqlite3.h>

namespace sluice {

bool sqlite_failure::is_full() const noexcept {
  // A quota and a limit on the size of files show as a failed write, of whose cause SQLite does not always know.
  const bool failed_write = code_ == SQLITE_IOERR_WRITE || code_ == SQLITE_IOERR_SHMSIZE;
  return code() == SQLITE_FULL || (failed_write && system_code_ != EIO);
}

std::int64_t sqlite_row::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string sqlite_row::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const auto size = sqlite3_column_bytes(statement_, column);
  return bytes ? std::string{bytes, static_cast<std::size_t>(size)} : std::string{};
}

void sqlite_db::closer::operator()(sqlite3* db) const {
  sqlite3_close_v2(db);
}

void sqlite_db::closer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

sqlite_db::sqlite_db(const std::string& path, std::chrono::milliseconds busy) : busy_{busy} {
  sqlite3* db = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  db_.reset(db);
  if (code != SQLITE_OK)
    fail();
  sqlite3_busy_timeout(db, static_cast<int>(busy.count()));
}

void sqlite_db::run(const char* sql, std::initializer_list<value> arguments) {
  query(sql, arguments, [](const sqlite_row&) {});
}

void sqlite_db::query(const char* sql, std::initializer_list<value> arguments, const row_handler& on_row) {
  auto* s = prepared(sql);
  struct resetter {
    sqlite3_stmt* s;
    ~resetter() {
      sqlite3_reset(s);
      sqlite3_clear_bindings(s);
    }
  } until_end{s};
  int i = 0;
  for (const auto& a : arguments) {
    ++i;
    if (const auto* n = std::get_if<std::int64_t>(&a))
      sqlite3_bind_int64(s, i, *n);
    else if (const auto* t = std::get_if<std::string_view>(&a))
      sqlite3_bind_text(s, i, t->data(), static_cast<int>(t->size()), SQLITE_STATIC);
    else if (const auto* b = std::get_if<sqlite_blob>(&a))
      sqlite3_bind_blob(s, i, b->bytes.data(), static_cast<int>(b->bytes.size()), SQLITE_STATIC);
  }
  for (;;) {
    const int code = sqlite3_step(s);
    if (code == SQLITE_DONE)
      return;
    if (code != SQLITE_ROW)
      fail();
    on_row(sqlite_row{s});
  }
}

void sqlite_db::script(const std::string& sql) {
  if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    fail();
}

void sqlite_db::set_growth(int bytes) {
  sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_CHUNK_SIZE, &bytes);
}

void sqlite_db::allocate() {
  std::int64_t pages = 0, page_size = 0;
  query("PRAGMA page_count", {}, [&](const sqlite_row& r) { pages = r.integer(0); });
  query("PRAGMA page_size", {}, [&](const sqlite_row& r) { page_size = r.integer(0); });
  sqlite3_int64 size = pages * page_size;
  if (sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_SIZE_HINT, &size) != SQLITE_OK)
    throw sqlite_failure{SQLITE_FULL, ENOSPC, sqlite3_errstr(SQLITE_FULL)};
}

void sqlite_db::restart_log() {
  sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
}

// SQLite waits for readers and writers, and not for one that empties the log just now.
bool sqlite_db::truncate_log() {
  constexpr std::chrono::milliseconds pause{10};
  const auto until = std::chrono::steady_clock::now() + busy_;
  while (sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr) != SQLITE_OK) {
    if (std::chrono::steady_clock::now() >= until)
      return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

void sqlite_db::flush_log() noexcept {
  sqlite3_busy_timeout(db_.get(), 0);
  sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(db_.get(), static_cast<int>(busy_.count()));
}

std::int64_t sqlite_db::changes() const {
  return sqlite3_changes(db_.get());
}

sqlite3_stmt* sqlite_db::prepared(const char* sql) {
  auto& s = statements_[sql];
  if (!s) {
    sqlite3_stmt* fresh = nullptr;
    if (sqlite3_prepare_v3(db_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &fresh, nullptr) != SQLITE_OK)
      fail();
    s.reset(fresh);
  }
  return s.get();
}

void sqlite_db::fail() const {
  if (!db_)
    throw sqlite_failure{SQLITE_NOMEM, ENOMEM, "out of memory"};
  throw sqlite_failure{sqlite3_extended_errcode(db_.get()), sqlite3_system_errno(db_.get()), sqlite3_errmsg(db_.get())};
}

sqlite_transaction::~sqlite_transaction() {
  if (!db_)
    return;
  try {
    db_->run("ROLLBACK");
  } catch (const sqlite_failure&) { // some failures have rolled back already
  }
}

void sqlite_transaction::commit() {
  db_->run("COMMIT");
  db_ = nullptr;
}

} // namespace sluice
