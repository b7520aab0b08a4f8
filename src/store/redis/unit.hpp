#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/store.hpp"
#include "store/redis/connection.hpp"
#include "store/redis/error.hpp"

namespace sluice {

/// One unit of work on a partition as commands to Redis, and what came of it out of the answers. Does no I/O of its
/// own.
///
/// Almost always it is one call of `apply.lua`, in a transaction with the bodies of what it enqueues. Before it stand
/// splits, each a transaction with the bodies of the halves, leases that are retained, and the settlements before them;
/// behind it what is looked for. Whether what it stores is safe is waited for once behind all units that are sent
/// together.
class redis_unit {
public:
  /// Its number, and that of the last unit of the process that was answered, 0 if there is none: by them it shows
  /// whether the queue is as it was earlier.
  struct numbers {
    std::uint64_t own = 0, answered = 0;
  };

  /// Borrows everything.
  redis_unit(const unit_of_work& work, const redis_keys&, const options& settings,
             std::vector<std::string_view> credentials, numbers);

  /// Gathers the commands, once.
  void add_to(redis_connection&);

  /// Reads the answers. A batch that was granted and is not part of the unit has no payload yet. What needs memory that
  /// Redis has not is refused: `backlog_full`, `no_room`. `waited`: the answer to `add_wait`, if it `waits`. Errors:
  /// see `trouble`.
  result<work_done> read(const std::vector<redis_reply>& answers, const redis_reply* waited = nullptr);

  /// Whether it has done nothing until `redis.ack` and `redis.wait_replicas` are met.
  bool waits() const noexcept;

  /// Whether a part of it has done something, also if `read` gave an error: then it is not sent again at once, since
  /// the caller has to learn of leases and settlements by other ways.
  bool has_begun() const noexcept { return has_begun_; }
  /// What the error of `read` was.
  redis_trouble trouble() const noexcept { return trouble_; }

  /// A settlement in `apply.lua`.
  struct row {
    std::string_view op;
    const lease* about;
    std::int64_t delay = 0;
    const failure_note* why = nullptr;
  };

  /// Batches whose halves found no memory: they are still in flight.
  const std::vector<lease>& without_room() const noexcept { return without_room_; }

  /// The last part is to be done once more, without the enqueues, which found no memory.
  bool is_ungranted() const noexcept { return ungranted_; }
  /// Gathers that, or else another claim; and once more what is looked for. `slots`: leases at most.
  void add_claim_again(redis_connection&, std::size_t slots);
  /// Reads what is answered to that.
  result<work_done> read_claim_again(const std::vector<redis_reply>& answers, work_done);

  /// The arguments that every part of it begins with.
  const std::vector<std::string_view>& credentials() const noexcept { return credentials_; }
  /// Gathers a call of `apply.lua` for leases that are to be settled in one way.
  void add_settle_all(redis_connection&, std::string_view how, const std::vector<lease>&);

private:
  /// A command, or a transaction, and the settlements that its answer is about.
  struct step {
    enum class kind { settle, retain, split, last, look };
    kind what{};
    std::vector<std::size_t> about{};
  };
  /// Settlements for one call: its arguments, the batches, and which of the unit's they are.
  struct rows {
    std::vector<std::string_view> words{}, ids{};
    std::vector<std::size_t> about{};
  };

  std::string_view number(std::int64_t);
  std::vector<std::string_view> head(std::optional<std::size_t> slots, std::size_t settlements);
  void add_row(rows&, const row&);
  void add_settle(redis_connection&, const rows&);
  rows add_settlements(redis_connection&);
  void add_split(redis_connection&, const split&);
  void add_last(redis_connection&);
  void add_look_for(redis_connection&);

  /// Walks over the answers.
  struct reader;
  bool read_step(const step&, reader&, work_done&);
  bool read_settled(const std::vector<std::size_t>& about, redis_value, work_done&);
  bool read_last(redis_value, work_done&);
  bool read_enqueued(redis_value, work_done&);
  bool read_found(redis_value, work_done&);
  bool read_wait(const redis_reply* waited);
  bool fail(redis_value);
  bool not_understood();

  const unit_of_work& work_;
  const redis_keys& keys_;
  const options& settings_;
  /// Those of the owner, the incarnation, and the number of the last unit that was answered.
  std::vector<std::string_view> credentials_;
  const std::uint64_t own_number_;
  std::vector<step> steps_;
  /// Keeps the words that the commands are made of.
  std::deque<std::string> words_;
  /// The settlements of the last call, and whether it has them this time.
  rows last_;
  bool settles_ = true;
  std::vector<lease> without_room_;
  bool ungranted_ = false;
  bool has_begun_ = false;
  redis_trouble trouble_ = redis_trouble::passing;
  error why_;
};

} // namespace sluice
