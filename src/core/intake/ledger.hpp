#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/intake/batcher.hpp"
#include "core/intake/intake.hpp"
#include "core/intake/store_search.hpp"
#include "sluice/batch.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// Which processes deliver what this one has stored.
enum class deliverers : std::uint8_t {
  this_one,
  any,   ///< A flush waits only for batches that are not stored yet, or are leased to this process.
  others ///< A batch that is stored is no longer this process's concern: it has reached its end here.
};

/// Keeps account of every batch that this process has cut, until it has reached an end: whether it is stored, what it
/// counts against the bound, and who waits for it. Batches without news are looked for in the store.
class ledger {
public:
  /// `durable`: a stored batch need not be kept in memory any more. `lanes`: so many batches are filled at the same
  /// time, each with events of one lane in their order. The partition and the lane of a batch are its number modulo
  /// those.
  ledger(intake& intake, bool durable, deliverers who, std::size_t partitions = 1, std::size_t lanes = 1)
      : intake_{intake}, totals_{intake.totals()}, durable_{durable}, deliverers_{who}, taken_(lanes), cut_(lanes),
        awaited_(lanes), partitions_(partitions) {}

  /// The buffer has taken `events` from the intake.
  void taken(std::uint64_t events, std::size_t lane = 0) { taken_.at(lane) += events; }

  /// The buffer has cut a batch. Its number is above those of all before, from 1.
  void open(std::uint64_t sequence, batch_ptr content, cut&& from);

  /// News of a batch. News that came before change nothing. `events` may be fewer than the batch had: one half of a
  /// split.
  void stored(std::uint64_t sequence, bool leased);
  void failed_once(std::uint64_t sequence);
  void returned(std::uint64_t sequence);
  void ended(std::uint64_t sequence, std::uint32_t events, bool delivered);

  /// When an open batch was accepted, and whether it is stored.
  struct progress {
    steady_time since;
    bool is_stored = false;
  };
  /// Returns nothing for a batch that has reached an end.
  std::optional<progress> progress_of(std::uint64_t sequence) const;

  /// Returns the batches that no persister has confirmed, which a new persister must be given.
  const std::map<std::uint64_t, batch_ptr>& unconfirmed() const noexcept { return unconfirmed_; }

  /// Begins to watch everything taken so far. Returns the number of the flush.
  std::uint64_t begin_flush();
  /// Returns whether everything that the flush watches has reached an end, or has left this process.
  bool flushed(std::uint64_t flush) const;
  /// Returns exact counts of what the flush watches.
  flush_report report(std::uint64_t flush) const;
  void end_flush(std::uint64_t flush) { flushes_.erase(flush); }

  /// Looks for all stored batches that are open. Returns the number of the search.
  std::uint64_t begin_search();
  bool searched(std::uint64_t search) const noexcept { return search_.is_over(search); }
  /// Many batches have left this process for a shared queue since the last search: others may have ended them.
  bool search_is_due() const noexcept;
  /// The number of the first batch that is open.
  std::uint64_t first_open() const noexcept { return open_.empty() ? last_open_ + 1 : open_.begin()->first; }
  /// The batches to look for next; none if no search is under way.
  std::vector<std::uint64_t> next_page(std::size_t most) const;
  /// What the store has of that page. Returns how many events the search has found to be lost, once it is over.
  std::uint64_t found(const std::vector<std::uint64_t>& page, const std::vector<presence>&,
                      const std::vector<ended_events>& of_partitions);
  /// The store is as it was earlier: all is looked for again.
  void store_went_back();
  /// A persister has died: news, or the answer to a page, may have been lost with it.
  void news_may_be_missing();

private:
  /// What becomes of an event at last.
  enum class end : std::uint8_t { delivered, dead, elsewhere, lost, stored };
  using ends = std::array<std::uint64_t, 5>;
  static std::uint64_t& of(ends& e, end which) { return e[static_cast<std::size_t>(which)]; }
  static std::uint64_t of(const ends& e, end which) { return e[static_cast<std::size_t>(which)]; }

  struct entry {
    /// How many events of its lane the buffer had taken when the last of these came in.
    std::uint64_t last = 0;
    std::uint32_t events = 0;
    /// How many others have ended, as far as that is counted here.
    std::uint32_t elsewhere = 0;
    std::size_t bytes = 0;
    steady_time since;
    bool is_stored = false;
    bool is_retrying = false;
    std::vector<requester_ptr> requesters;
  };
  using entries = std::map<std::uint64_t, entry>;
  struct watch {
    /// So many events of each lane.
    std::vector<std::uint64_t> up_to{};
    ends counts{};
  };

  std::size_t lane_of(std::uint64_t sequence) const noexcept { return sequence % taken_.size(); }
  /// Whether it watches all events of the batch.
  bool watches(const watch& w, entries::const_reference batch) const {
    return batch.second.last <= w.up_to[lane_of(batch.first)];
  }
  std::size_t awaited() const noexcept;
  void close(entries::iterator, std::uint32_t events, end);
  std::uint64_t conclude_search();
  /// How many events of a partition this process has ended.
  struct partition_ends {
    /// As far as that is known here, and as the store said last.
    ended_events known{}, said{};
    /// How many of those known here it has forgotten.
    std::uint64_t forgotten = 0;

    /// How many the store has counted more than are known here, and fewer.
    std::uint64_t unheard() const noexcept;
    std::uint64_t unsaid() const noexcept;
  };
  partition_ends& ends_in_partition_of(std::uint64_t sequence) { return partitions_[sequence % partitions_.size()]; }

  intake& intake_;
  totals& totals_;
  const bool durable_;
  const deliverers deliverers_;
  /// Of each lane.
  std::vector<std::uint64_t> taken_, cut_;
  std::uint64_t last_open_ = 0;
  ends ends_{};
  entries open_;
  /// Those of them that a flush waits for, of each lane.
  std::vector<std::set<std::uint64_t>> awaited_;
  std::map<std::uint64_t, batch_ptr> unconfirmed_;
  std::map<std::uint64_t, watch> flushes_;
  std::uint64_t next_flush_ = 1;

  store_search search_;
  std::vector<partition_ends> partitions_;
  bool went_back_ = false;
  /// How many batches may have left this process before they are looked for.
  std::size_t search_at_ = least_for_search;
  static constexpr std::size_t least_for_search = 1'000;
};

} // namespace sluice
