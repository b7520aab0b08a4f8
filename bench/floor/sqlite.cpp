#include "floor/store.hpp"

#include <memory>
#include <stdexcept>
#include <string>

#include <sqlite3.h>

namespace sluice::bench {

namespace {

constexpr const char* schema = R"sql(
PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192;
CREATE TABLE batch(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, place INTEGER, state INTEGER, fence INTEGER,
  events INTEGER, bytes INTEGER, enqueued INTEGER);
CREATE INDEX batch_ready ON batch(place, id) WHERE state = 0;
CREATE INDEX batch_in_flight ON batch(id) WHERE state = 1;
CREATE TABLE body(n INTEGER PRIMARY KEY, payload BLOB NOT NULL);
CREATE TABLE total(stored INTEGER, delivered INTEGER);
INSERT INTO total VALUES(0, 0);
)sql";

// Writes the same rows, in one transaction for all that has gathered.
class floor_sqlite : public floor_store {
public:
  explicit floor_sqlite(const std::string& path);
  ~floor_sqlite() override;
  bool begin(const std::vector<floor_batch>& delivered, const std::vector<floor_batch>& fresh) override;
  std::size_t left() override;

private:
  struct closer {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  sqlite3_stmt* prepare(const char* sql);
  void step(sqlite3_stmt*);
  void remove(const floor_batch&);
  void insert(const floor_batch&);

  std::unique_ptr<sqlite3, closer> db_;
  sqlite3_stmt *begin_, *insert_, *insert_body_, *erase_, *erase_body_, *count_, *commit_;
};

floor_sqlite::floor_sqlite(const std::string& path) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open(path.c_str(), &db);
  db_.reset(db);
  if (code != SQLITE_OK || sqlite3_exec(db, schema, nullptr, nullptr, nullptr) != SQLITE_OK)
    throw std::runtime_error("the floor cannot make its file");
  begin_ = prepare("BEGIN IMMEDIATE");
  insert_ = prepare("INSERT INTO batch VALUES(?1, ?2, ?1, 1, 1, ?3, ?4, 0)");
  insert_body_ = prepare("INSERT INTO body VALUES(?1, ?2)");
  erase_ = prepare("DELETE FROM batch WHERE n = ?1");
  erase_body_ = prepare("DELETE FROM body WHERE n = ?1");
  count_ = prepare("UPDATE total SET stored = stored + ?1, delivered = delivered + ?2");
  commit_ = prepare("COMMIT");
}

floor_sqlite::~floor_sqlite() {
  for (auto* s : {begin_, insert_, insert_body_, erase_, erase_body_, count_, commit_})
    sqlite3_finalize(s);
}

bool floor_sqlite::begin(const std::vector<floor_batch>& delivered, const std::vector<floor_batch>& fresh) {
  std::int64_t events_delivered = 0, events_stored = 0;
  step(begin_);
  for (const auto& b : delivered) {
    remove(b);
    events_delivered += static_cast<std::int64_t>(b.events);
  }
  for (const auto& b : fresh) {
    insert(b);
    events_stored += static_cast<std::int64_t>(b.events);
  }
  sqlite3_bind_int64(count_, 1, events_stored);
  sqlite3_bind_int64(count_, 2, events_delivered);
  step(count_);
  step(commit_);
  return true;
}

void floor_sqlite::remove(const floor_batch& b) {
  for (auto* s : {erase_, erase_body_}) {
    sqlite3_bind_int64(s, 1, b.number);
    step(s);
  }
}

void floor_sqlite::insert(const floor_batch& b) {
  sqlite3_bind_int64(insert_, 1, b.number);
  sqlite3_bind_text(insert_, 2, b.id.data(), static_cast<int>(b.id.size()), SQLITE_STATIC);
  sqlite3_bind_int64(insert_, 3, static_cast<std::int64_t>(b.events));
  sqlite3_bind_int64(insert_, 4, static_cast<std::int64_t>(b.body->size()));
  step(insert_);
  sqlite3_bind_int64(insert_body_, 1, b.number);
  sqlite3_bind_blob(insert_body_, 2, b.body->data(), static_cast<int>(b.body->size()), SQLITE_STATIC);
  step(insert_body_);
}

std::size_t floor_sqlite::left() {
  auto* rows = prepare("SELECT (SELECT count(*) FROM batch) + (SELECT count(*) FROM body)");
  sqlite3_step(rows);
  const auto count = sqlite3_column_int64(rows, 0);
  sqlite3_finalize(rows);
  return static_cast<std::size_t>(count);
}

sqlite3_stmt* floor_sqlite::prepare(const char* sql) {
  sqlite3_stmt* s = nullptr;
  if (sqlite3_prepare_v2(db_.get(), sql, -1, &s, nullptr) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(db_.get()));
  return s;
}

void floor_sqlite::step(sqlite3_stmt* s) {
  if (sqlite3_step(s) != SQLITE_DONE)
    throw std::runtime_error(sqlite3_errmsg(db_.get()));
  sqlite3_reset(s);
}

} // namespace

std::unique_ptr<floor_store> make_floor_sqlite(const std::string& path) {
  return std::make_unique<floor_sqlite>(path);
}

} // namespace sluice::bench
