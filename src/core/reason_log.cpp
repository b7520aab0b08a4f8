#include "core/reason_log.hpp"

namespace sluice {

std::uint64_t reason_log::failed(const std::string& reason, time now, std::uint64_t times) {
  if (reasons_.size() >= most && !reasons_.contains(reason))
    return 0;
  const auto [i, is_new] = reasons_.try_emplace(reason);
  account& a = i->second;
  a.in_all += times;
  a.unsaid += times;
  a.seen = now;
  if (!is_new && now - a.said < again_)
    return 0;
  a.said = now;
  return std::exchange(a.unsaid, 0);
}

std::vector<std::pair<std::string, std::uint64_t>> reason_log::take_over(time now) {
  std::vector<std::pair<std::string, std::uint64_t>> over;
  for (auto i = reasons_.begin(); i != reasons_.end();) {
    if (now - i->second.seen < gap) {
      ++i;
      continue;
    }
    over.emplace_back(i->first, i->second.in_all);
    i = reasons_.erase(i);
  }
  return over;
}

} // namespace sluice
