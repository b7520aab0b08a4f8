#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

struct sqlite3;
struct sqlite3_stmt;

namespace sluice {

/// Thrown inside of the SQLite store only.
class sqlite_failure : public std::exception {
public:
  sqlite_failure(int code, int system_code, std::string what)
      : code_{code}, system_code_{system_code}, what_{std::move(what)} {}
  const char* what() const noexcept override { return what_.c_str(); }
  /// SQLite's primary result code.
  int code() const noexcept { return code_ & 0xff; }
  /// No more space: on the disk, or that the file may take.
  bool is_full() const noexcept;

private:
  int code_;        ///< SQLite's extended result code
  int system_code_; ///< errno, 0 if it is not known
  std::string what_;
};

/// Bytes, as opposed to text.
struct sqlite_blob {
  std::string_view bytes;
};

/// A row of a result; valid in the callback that gets it.
class sqlite_row {
public:
  explicit sqlite_row(sqlite3_stmt* statement) : statement_{statement} {}
  std::int64_t integer(int column) const;
  std::string text(int column) const;

private:
  sqlite3_stmt* statement_;
};

/// A connection, with its prepared statements. For one thread.
class sqlite_db {
public:
  using value = std::variant<std::int64_t, std::string_view, sqlite_blob>;
  using row_handler = std::function<void(const sqlite_row&)>;

  /// Opens a file that is there. Waits up to `busy` for locks of others.
  sqlite_db(const std::string& path, std::chrono::milliseconds busy);

  /// Runs one statement. `sql` must be a literal: the prepared statement is kept under its address.
  void run(const char* sql, std::initializer_list<value> arguments = {});
  /// The same, with the rows of its result.
  void query(const char* sql, std::initializer_list<value> arguments, const row_handler& on_row);
  /// Runs any number of statements, unprepared.
  void script(const std::string& sql);
  /// Lets the file grow by so much at a time, in bytes.
  void set_growth(int bytes);
  /// Takes room on the disk for every page that the file has in this transaction, so that the log can always be emptied
  /// into it. Only for the connection that empties the log: emptying it gives back what another one has taken. Fails as
  /// a full disk does.
  void allocate();
  /// Empties the log into the file, so that it is written from its beginning again; waits for readers. The room that it
  /// has is kept.
  void restart_log();
  /// Moves all that is in the log to the file, and empties both of what is not needed; waits for readers. Returns
  /// whether that went well.
  bool truncate_log();
  /// Moves what is in the log to the file, as far as no reader needs the log, and shrinks both. Waits for no reader,
  /// and a failure is left to the next time.
  void flush_log() noexcept;
  /// Rows that the last statement changed.
  std::int64_t changes() const;

private:
  struct closer {
    void operator()(sqlite3*) const;
    void operator()(sqlite3_stmt*) const;
  };
  sqlite3_stmt* prepared(const char* sql);
  [[noreturn]] void fail() const;

  std::unique_ptr<sqlite3, closer> db_;
  std::chrono::milliseconds busy_;
  std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, closer>> statements_;
};

/// A transaction, which takes the write lock at its beginning unless told otherwise; rolled back unless committed.
class sqlite_transaction {
public:
  explicit sqlite_transaction(sqlite_db& db, const char* begin = "BEGIN IMMEDIATE") : db_{&db} { db.run(begin); }
  ~sqlite_transaction();
  sqlite_transaction(const sqlite_transaction&) = delete;
  sqlite_transaction& operator=(const sqlite_transaction&) = delete;
  void commit();

private:
  sqlite_db* db_;
};

} // namespace sluice
