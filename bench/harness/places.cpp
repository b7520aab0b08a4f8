#include "harness/places.hpp"

namespace sluice::bench {

const test::redis_server& places::redis() {
  if (!redis_)
    redis_.emplace();
  return *redis_;
}

std::string places::fresh(store_kind k) {
  switch (k) {
  case store_kind::memory:
    break;
  case store_kind::sqlite:
    return "sqlite:" + folder_.path() + "/" + std::to_string(++files_);
  case store_kind::redis:
    redis().command({"FLUSHALL"});
    return redis().url();
  }
  return "memory";
}

options default_options(const std::string& url, const std::string& persistence) {
  options o;
  o.write_key = "bench";
  o.data_plane_url = url;
  o.persistence = persistence;
  o.sqlite.durability = sqlite_durability::normal;
  return o;
}

options options_for(const setting& s, const std::string& url, const std::string& persistence) {
  auto o = default_options(url, persistence);
  o.flush_at = o.max_batch_events = s.batch;
  o.gzip = s.gzip;
  return o;
}

} // namespace sluice::bench
