#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/persistence/batch_news.hpp"

namespace sluice {

/// The fence of a batch that is delivered from memory, because the store takes nothing new. The store grants no such
/// lease, so settlements with this fence change nothing there.
constexpr std::uint64_t from_memory = 0;

/// What the settlements of a unit of work have changed.
struct settled_leases {
  std::vector<batch_news> news;
  std::vector<lease> over;
  /// Settlements that came too late.
  std::size_t stale = 0;
  /// Batches that the store does not have any more, though nothing has ended them.
  std::vector<batch_ptr> forgotten;
};

/// The leases that the store has granted to this process and that are not settled.
class leases {
public:
  /// `is_shared`: other processes may deliver from the queue at the same time.
  explicit leases(bool is_shared) : is_shared_{is_shared} {}

  bool contains(const std::string& id) const { return leases_.contains(id); }
  /// How many of them are delivered from memory.
  std::size_t from_memory_now() const;
  /// Whether the batch is, or may be, on its way to the endpoint though it is not stored.
  bool is_from_memory(const std::string& id) const;
  std::vector<lease> all() const;

  /// A dispatcher has reported these leases; the unit of work with its `retain` makes them the ones that count.
  void reported_by_dispatcher(const std::vector<leased_batch>&);
  /// The store has granted these.
  void add(const std::vector<leased_batch>&);
  /// A unit of work has been applied. `is_repeated`: it may have been applied before.
  settled_leases settle(const unit_of_work&, const work_done&, bool is_repeated);

  /// Returns how many leases are left when these settlements have been applied.
  std::size_t count_after(const std::vector<settlement>&) const;
  /// Returns all batches that the store has leased but those that these settlements acknowledge.
  std::vector<batch_ptr> undelivered(const std::vector<settlement>&) const;

private:
  void settle_one(const settlement&, settle_outcome, bool is_repeated, settled_leases&);
  void retain_only(const retain&, settled_leases&);

  bool is_shared_;
  std::map<std::string, leased_batch> leases_;
  /// Those of them that an earlier persister was granted: it may have died with the answer to their settlements.
  std::set<std::string> inherited_;
  /// What dispatchers have reported since the last unit of work.
  std::map<std::string, leased_batch> reported_;
};

/// Returns the last `retain` of them, or null.
const retain* last_retain(const std::vector<settlement>&);

} // namespace sluice
