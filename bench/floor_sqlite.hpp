#pragma once

#include <memory>
#include <string>

#include <sqlite3.h>

#include "floor_store.hpp"

namespace sluice::bench {

/// The same rows, in one transaction a batch.
class floor_sqlite : public floor_store {
public:
  explicit floor_sqlite(const std::string& path);
  ~floor_sqlite() override;
  void put(const std::string& id, std::size_t events, const std::string& body) override;
  void finish() override;

private:
  struct closer {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  sqlite3_stmt* prepare(const char* sql);
  void step(sqlite3_stmt*);
  void forget_delivered();

  std::unique_ptr<sqlite3, closer> db_;
  sqlite3_stmt *begin_, *insert_, *insert_body_, *erase_, *erase_body_, *count_, *commit_;
  std::int64_t number_ = 0;
};

} // namespace sluice::bench
