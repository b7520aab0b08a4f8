#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <hiredis/hiredis.h>

#include "floor_store.hpp"
#include "store/redis_scripts.hpp"

namespace sluice::bench {

/// The same commands, pipelined with hiredis alone.
class floor_redis : public floor_store {
public:
  explicit floor_redis(std::uint16_t port);
  void put(const std::string& id, std::size_t events, const std::string& body) override;
  void finish() override;

private:
  struct closer {
    void operator()(redisContext* c) const noexcept { redisFree(c); }
  };

  void add(const std::vector<std::string_view>& words);
  void call(redis_script, std::vector<std::string_view> arguments);
  void settle();
  void claim(const std::vector<std::string_view>& fresh);
  void run();

  std::unique_ptr<redisContext, closer> connection_;
  std::array<std::string, redis_scripts.size()> hashes_;
  std::string delivered_;
  int added_ = 0;
};

} // namespace sluice::bench
