#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "simulation/scenario.hpp"
#include "sluice/transport.hpp"

namespace sluice::test {

/// The destination under simulated time: takes, refuses, is slow, hangs, takes and does not say so. It outlives the
/// processes that deliver to it.
class data_plane {
public:
  enum class mood { well, flaky, down, throttling, wrong_key, hanging };

  data_plane(chance& c, std::size_t too_many) : chance_{c}, too_many_{too_many} {}

  mood is = mood::well;

  transport_factory factory();

  /// Time has passed: answers that are due go out.
  void pass(std::chrono::milliseconds);
  /// When the next answer is due; a long time if none is.
  std::chrono::milliseconds until_next() const;

  /// Requests under way.
  std::size_t open() const noexcept { return open_.size(); }
  /// Message ids in the order in which they were taken first.
  const std::vector<std::string>& taken() const noexcept { return taken_; }
  bool has(const std::string& id) const { return seen_.contains(id); }
  std::uint64_t duplicates() const noexcept { return duplicates_; }
  std::uint64_t requests() const noexcept { return requests_; }

  /// Events that are refused with 400 have ids with this beginning.
  static constexpr const char* poison = "poison";

private:
  class line;
  struct request {
    const line* by;
    std::chrono::milliseconds due;
    delivery_response answer;
    std::function<void(delivery_response)> done;
  };
  void take(const line*, const delivery_request&, std::function<void(delivery_response)>);
  void cut(const line*);
  delivery_response judge(const std::vector<std::string>& ids);

  chance& chance_;
  const std::size_t too_many_;
  std::chrono::milliseconds now_{0};
  std::multimap<std::chrono::milliseconds, request> open_;
  std::vector<std::string> taken_;
  std::set<std::string> seen_;
  std::uint64_t duplicates_ = 0;
  std::uint64_t requests_ = 0;
};

} // namespace sluice::test
