#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/intake/batcher.hpp"
#include "core/intake/intake.hpp"
#include "sluice/batch.hpp"

namespace sluice {

/// Keeps account of every batch that this process has cut: whether it is stored, what it counts against the bound, and
/// who waits for it. Every event that the buffer took is in exactly one state: waiting, open, delivered, dead or lost.
class ledger {
public:
  /// `durable`: a stored batch need not be held in memory any more. `shared`: other processes may deliver it, so that
  /// only batches that are not stored yet, or are leased to this process, are open.
  ledger(intake& intake, bool durable, bool shared)
      : intake_{intake}, totals_{intake.totals()}, durable_{durable}, shared_{shared} {}

  /// The buffer has taken `events` from the intake.
  void taken(std::uint64_t events) noexcept { taken_ += events; }

  /// The buffer has cut a batch. Its number rises with every batch, from 1.
  void open(std::uint64_t sequence, batch_ptr content, cut&& from);

  /// News of a batch. News that came before change nothing. `events` may be fewer than the batch had: one half of a
  /// split.
  void stored(std::uint64_t sequence, bool leased);
  void failed_once(std::uint64_t sequence);
  void returned(std::uint64_t sequence);
  void ended(std::uint64_t sequence, std::uint32_t events, bool delivered);

  /// The store has lost what it had, but for the batches with these numbers. Returns how many events are lost.
  std::uint64_t forgotten(const std::set<std::uint64_t>& kept);

  /// Returns the batches that no persister has confirmed, which a new persister must be given.
  const std::map<std::uint64_t, batch_ptr>& unconfirmed() const noexcept { return unconfirmed_; }

  /// Begins to watch everything taken so far. Returns the number of the flush.
  std::uint64_t begin_flush();
  /// Returns whether everything that the flush watches has reached an end, or has left this process.
  bool flushed(std::uint64_t flush) const;
  /// Returns exact counts of what the flush watches.
  flush_report report(std::uint64_t flush) const;
  void end_flush(std::uint64_t flush) { flushes_.erase(flush); }

private:
  struct entry {
    /// How many events the buffer had taken when the last of these came in.
    std::uint64_t last = 0;
    std::uint32_t events = 0;
    std::size_t bytes = 0;
    bool is_stored = false;
    bool is_retrying = false;
    std::vector<requester_ptr> requesters;
  };
  struct watch {
    std::uint64_t up_to = 0;
    /// The last batch that was cut before.
    std::uint64_t last_open = 0;
    std::uint64_t delivered = 0;
    std::uint64_t dead = 0;
  };

  void count_end(std::uint32_t events, bool delivered);

  intake& intake_;
  totals& totals_;
  const bool durable_;
  const bool shared_;
  std::uint64_t taken_ = 0;
  std::uint64_t cut_ = 0;
  std::uint64_t last_open_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t dead_ = 0;
  std::map<std::uint64_t, entry> open_;
  std::map<std::uint64_t, batch_ptr> unconfirmed_;
  std::map<std::uint64_t, watch> flushes_;
  std::uint64_t next_flush_ = 1;
};

} // namespace sluice
