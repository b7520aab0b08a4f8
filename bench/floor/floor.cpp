#include "floor/floor.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <iterator>
#include <stdexcept>
#include <utility>
#include <vector>

#include <poll.h>

#include "floor/connection.hpp"
#include "floor/encoder.hpp"
#include "harness/meter.hpp"

namespace sluice::bench {

namespace {

constexpr std::size_t stored_ahead = 32, posts_at_a_time = 8;

// The second thread: it stores and posts.
class floor_deliverer {
public:
  floor_deliverer(handover& from, floor_store& store, std::uint16_t port, bool gzip) : from_{from}, store_{store} {
    for (std::size_t i = 0; i < posts_at_a_time; ++i)
      connections_.emplace_back(port, gzip);
  }

  /// Returns once all batches are delivered and removed.
  void run() {
    for (;;) {
      store_next();
      post_next();
      if (!is_storing_ && stored_.empty() && !is_posting() && delivered_.empty() && from_.is_drained())
        return;
      wait();
    }
  }

private:
  bool is_posting() const {
    return std::any_of(connections_.begin(), connections_.end(), [](const auto& c) { return c.is_busy(); });
  }
  bool may_store() const { return !is_storing_ && stored_.size() < stored_ahead; }

  void store_next() {
    if (!may_store())
      return;
    fresh_ = from_.take(stored_ahead - stored_.size());
    const bool is_last = stored_.empty() && !is_posting() && from_.is_drained();
    if (fresh_.empty() && !(is_last && !delivered_.empty()))
      return; // what is delivered is removed together with what is stored next
    removed_ = std::exchange(delivered_, {});
    is_storing_ = true;
    if (store_.begin(removed_, fresh_))
      take_stored();
  }

  void take_stored() {
    is_storing_ = false;
    std::move(fresh_.begin(), fresh_.end(), std::back_inserter(stored_));
    fresh_.clear();
  }

  void post_next() {
    for (auto& c : connections_)
      if (!c.is_busy() && !stored_.empty()) {
        c.post(std::move(stored_.front()));
        stored_.pop_front();
      }
  }

  void wait() {
    const bool sleeps_for_more = may_store() && from_.may_sleep();
    std::array<pollfd, 2 + posts_at_a_time> all{};
    all[0] = is_storing_ ? store_.waits_for() : nothing;
    all[1] = sleeps_for_more ? pollfd{from_.wakes(), POLLIN, 0} : nothing;
    for (std::size_t i = 0; i < posts_at_a_time; ++i)
      all[2 + i] = connections_[i].is_busy() ? connections_[i].waits_for() : nothing;
    ::poll(all.data(), all.size(), may_store() && !sleeps_for_more ? 0 : -1);
    if (sleeps_for_more)
      from_.awake();
    if (all[0].revents != 0 && store_.go_on())
      take_stored();
    for (std::size_t i = 0; i < posts_at_a_time; ++i)
      if (all[2 + i].revents != 0)
        if (auto b = connections_[i].go_on())
          delivered_.push_back(std::move(*b));
  }

  static constexpr pollfd nothing{-1, 0, 0};

  handover& from_;
  floor_store& store_;
  std::deque<floor_connection> connections_;
  std::vector<floor_batch> fresh_, removed_; // by the store, at present
  bool is_storing_ = false;
  std::deque<floor_batch> stored_;     // and not posted yet
  std::vector<floor_batch> delivered_; // and not removed yet
};

} // namespace

row run_floor(workbench& w, const setting& s, floor_commands how, std::int64_t events) {
  const auto store = make_floor_store(s.store, how, w.stores);
  handover between;
  floor_deliverer second{between, *store, w.server.port(), s.gzip};
  const meter m{w, s.store};
  const floor_encoder first{between, s, events};
  second.run();
  const auto figures = m.of_events(events);
  const auto batches = (events - 1) / static_cast<std::int64_t>(s.batch) + 1;
  if (m.requests() != batches || store->left() != 0)
    throw std::runtime_error("the floor has not delivered and removed every batch");
  return figures;
}

} // namespace sluice::bench
