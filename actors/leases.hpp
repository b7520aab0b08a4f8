#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/protocol.hpp"

namespace sluice {

/// What settlements came to.
struct settled_leases {
  std::vector<batch_news> news;
  std::vector<lease> over;
  /// Settlements that came too late.
  std::size_t stale = 0;
};

/// The leases that the store has given to this process and that are not settled.
class leases {
public:
  bool contains(const std::string& id) const { return leases_.contains(id); }
  std::vector<lease> all() const;

  /// A dispatcher has said that it holds these; a unit of work with its `retain` makes it true.
  void reported_by_dispatcher(const std::vector<leased_batch>&);
  /// The store has given these.
  void add(const std::vector<leased_batch>&);
  /// A unit of work has been applied.
  settled_leases settle(const unit_of_work&, const work_done&);

  /// How many there will be when a unit of work has been applied, before its claims.
  std::size_t count_after(const unit_of_work&) const;
  /// Everything that is held, but for what these settlements say is delivered.
  std::vector<batch_ptr> undelivered(const std::vector<settlement>&) const;

private:
  void settle_one(const settlement&, settle_outcome, settled_leases&);
  void retain_only(const retain&, const std::vector<lease>& over);

  std::map<std::string, leased_batch> leases_;
  /// What dispatchers have said, until the next unit of work.
  std::map<std::string, leased_batch> reported_;
};

/// The last of a unit's settlements that says what a dispatcher holds; null if there is none.
const retain* last_retain(const unit_of_work&);

} // namespace sluice
