#include "store/redis/repartition.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/event/uuid.hpp"
#include "core/persistence/batch_divider.hpp"
#include "core/persistence/batch_joiner.hpp"
#include "core/persistence/partition.hpp"
#include "store/redis/body.hpp"
#include "store/redis/connect_partitions.hpp"
#include "store/redis/error.hpp"
#include "store/redis/owner.hpp"
#include "store/redis/queue.hpp"
#include "store/redis/safety.hpp"

namespace sluice {

namespace {

// The most batches that are read before they are written, and the most bytes of their payloads; at least one batch.
constexpr const char* page = "100";
constexpr std::size_t page_bytes = std::size_t{8} << 20;

// A batch as `list_batches.lua` and `move_in.lua` know it.
struct listed_batch {
  batch content{};
  std::size_t bytes = 0;
  std::string score{};
  bool is_untried = false;
  std::int64_t place = 0;
  std::string record{};
};

struct page_of_batches {
  std::size_t looked_at = 0;
  std::vector<listed_batch> batches{};
};

// What the first partition says of the queue.
struct queue_before {
  std::size_t partitions = 0;
  std::string fingerprint{}, paused{};
  /// An earlier change is not at its end.
  bool is_changing = false;
};

class change {
public:
  change(const redis_options& where, const options& o)
      : where_{where}, settings_{o}, wanted_{o.queue.partitions}, wanted_text_{std::to_string(wanted_)},
        ttl_{std::to_string(o.queue.owner_ttl.count())}, ordering_{o.ordering == delivery_order::per_user ? "per_user"
                                                                                                          : "none"},
        token_{uuid_source{}.hex()}, divider_{wanted_, o.ordering == delivery_order::per_user} {}

  result<repartition_done> make() {
    reach(1);
    const auto before = begin(0, {}, look);
    if (!before)
      return before.error();
    done_.before = (*before)->partitions;
    if (!(*before)->is_changing && done_.before == wanted_)
      return done_;
    reach(std::max(done_.before, wanted_));
    // Nothing is touched unless all may be.
    for (const auto* token : {look, token_.c_str()})
      for (std::size_t p = 0; p < parts_.size(); ++p) {
        const auto begun = begin(p, **before, token);
        if (!begun)
          return begun.error();
        parts_[p].is_there = begun->has_value();
      }
    for (std::size_t p = 0; p < done_.before; ++p)
      if (auto moved = empty(parts_[p], p); !moved)
        return moved.error();
    for (std::size_t p = 0; p < wanted_ && divides(); ++p)
      if (auto joined = join_ready(parts_[p], p); !joined)
        return joined.error();
    // The first one says how many there are, so it comes last.
    for (auto p = parts_.size(); p-- > 0;)
      if (auto over = end(parts_[p], p); !over)
        return over.error();
    return done_;
  }

private:
  static constexpr const char* look = "";

  struct part {
    redis_keys keys;
    std::shared_ptr<redis_connection> connection;
    bool is_there = false;
  };

  void reach(std::size_t partitions) {
    auto first = parts_.empty() ? connect_partition(where_, settings_) : parts_.front().connection;
    parts_.clear();
    for (auto& connection : connect_partitions(std::move(first), where_, settings_, partitions))
      parts_.push_back({.keys = redis_keys{settings_.queue, parts_.size()}, .connection = std::move(connection)});
  }

  // Nothing if the partition is not there, and is not to be.
  result<std::optional<queue_before>> begin(std::size_t p, const queue_before& queue, const char* token) {
    const auto& to = parts_[p];
    const auto number = std::to_string(p), had = queue.partitions == 0 ? "" : std::to_string(queue.partitions);
    const auto reply = to.connection->run_one(
        redis_script::begin_repartition, to.keys,
        {token, number, had, wanted_text_, ttl_, redis_schema, ordering_, queue.fingerprint, queue.paused});
    if (!reply)
      return reply.error();
    const auto answer = reply->value();
    const auto word = answer.size() > 0 ? answer[0].text() : std::string_view{};
    const auto& name = to.keys.queue();
    if (word == "ok" && answer.size() == 5)
      return std::optional{queue_before{.partitions = static_cast<std::size_t>(answer[1].integer().value_or(0)),
                                        .fingerprint = std::string{answer[2].text()},
                                        .paused = std::string{answer[3].text()},
                                        .is_changing = answer[4].text() == "1"}};
    if (word == "absent" && p > 0)
      return std::optional<queue_before>{};
    if (word == "absent")
      return no_queue(name);
    if (word == "schema")
      return other_version(name);
    if (word == "part" && answer.size() == 2)
      return part_of_another(name, number, answer[1].text());
    if (word == "partitions" && answer.size() == 2)
      return other_partitions(name, answer[1].text(), had);
    if (word == "unfinished" && answer.size() == 2)
      return error{errc::not_a_queue, "queue.partitions",
                   "must be " + std::string{answer[1].text()} + ", not " + wanted_text_ +
                       ": an earlier change of the partitions of " + name + " has not come to its end"};
    if (word == "ordering" && answer.size() == 2)
      return error{errc::not_a_queue, "ordering",
                   (answer[1].text() == "per_user" ? "must be per_user" : "must not be per_user") +
                       std::string{", as in the processes that deliver from "} + name +
                       ", or in an earlier change that has not come to its end"};
    if (word == "other")
      return error{errc::other_destination, "queue.name",
                   name + " holds events for another destination than the first partition; let a process with "
                          "queue.adopt reach all partitions first"};
    if (word == "taken" && answer.size() == 2)
      return error{errc::queue_taken, "queue.name",
                   name + " is processed by " + owner_token::describe(answer[1].text()) +
                       ", or was until a moment ago; its partitions can be changed while no process uses it"};
    return answer_not_understood();
  }

  result<page_of_batches> list(const part& from, std::string_view state, std::size_t after) {
    const auto reply =
        from.connection->run_one(redis_script::list_batches, from.keys, {token_, state, std::to_string(after), page});
    if (!reply)
      return reply.error();
    constexpr std::size_t values = 7;
    const auto answer = reply->value();
    if (answer.size() % values != 1)
      return answer_not_understood();
    page_of_batches found{.looked_at = static_cast<std::size_t>(answer[0].integer().value_or(0))};
    for (std::size_t i = 1; i < answer.size(); i += values)
      found.batches.push_back({.content = {.id = std::string{answer[i].text()},
                                           .events = static_cast<std::uint32_t>(answer[i + 2].integer().value_or(0))},
                               .bytes = static_cast<std::size_t>(answer[i + 3].integer().value_or(0)),
                               .score = std::string{answer[i + 1].text()},
                               .is_untried = answer[i + 4].text() == "1",
                               .place = answer[i + 5].integer().value_or(0),
                               .record = std::string{answer[i + 6].text()}});
    return found;
  }

  // Calls `treat` with what is in a state, a few batches at a time. It gives by how many they have become fewer.
  template <class Treat>
  result<void> each_few(const part& of, std::string_view state, Treat treat) {
    for (std::size_t stayed = 0; of.is_there;) {
      const auto some = list(of, state, stayed);
      if (!some)
        return some.error();
      if (some->looked_at == 0)
        break;
      stayed += some->looked_at;
      for (auto begin = some->batches.begin(); begin != some->batches.end();) {
        auto end = begin;
        std::size_t bytes = 0;
        do
          bytes += end++->bytes;
        while (end != some->batches.end() && bytes + end->bytes <= page_bytes);
        const auto gone = treat(std::vector<listed_batch>{begin, end});
        if (!gone)
          return gone.error();
        stayed -= *gone;
        begin = end;
      }
    }
    return {};
  }

  // Moves away what does not belong there. What stays is passed over; what comes meanwhile stays.
  result<void> empty(const part& from, std::size_t p) {
    for (const auto* state : {"ready", "in_flight", "retry", "dead"}) {
      const bool dead = state == std::string_view{"dead"};
      auto done = each_few(from, state, [&](auto some) { return move(from, p, std::move(some), dead); });
      if (!done)
        return done;
    }
    return {};
  }

  // What was divided is small. What was tried before stays as it is, and apart.
  result<void> join_ready(const part& in, std::size_t p) {
    std::vector<std::int64_t> others;
    for (const auto* state : {"in_flight", "retry"}) {
      auto read = each_few(in, state, [&](const auto& some) -> result<std::size_t> {
        for (const auto& b : some)
          others.push_back(b.place);
        return std::size_t{0};
      });
      if (!read)
        return read;
    }
    std::sort(others.begin(), others.end());
    return each_few(in, "ready", [&](auto some) -> result<std::size_t> {
      if (auto read = read_bodies(in, some); !read)
        return read.error();
      std::vector<placed_batch> in_order;
      in_order.reserve(some.size());
      for (const auto& b : some) {
        in_order.push_back({.place = b.place, .content = b.content});
        if (!b.is_untried)
          in_order.back().content.payload = nullptr;
      }
      std::size_t gone = 0;
      for (const auto& j : join(in_order, others, p, settings_, sealer_, std::chrono::system_clock::now())) {
        std::vector<std::string_view> ids;
        ids.reserve(j.count);
        for (auto i = j.first; i < j.first + j.count; ++i)
          ids.emplace_back(in_order[i].content.id);
        if (auto joined = put_in_place(in, j.content, ids); !joined)
          return joined.error();
        gone += j.count - 1;
      }
      return gone;
    });
  }

  result<void> put_in_place(const part& in, const batch& one, const std::vector<std::string_view>& of) {
    if (auto connected = in.connection->open(); !connected)
      return connected;
    const auto events = std::to_string(one.events), bytes = std::to_string(one.payload->size());
    std::vector<std::string_view> arguments{token_, one.id, events, bytes}, touched{one.id};
    arguments.insert(arguments.end(), of.begin(), of.end());
    touched.insert(touched.end(), of.begin(), of.end());
    in.connection->add({"MULTI"});
    add_body(*in.connection, in.keys, one);
    in.connection->call(redis_script::join, in.keys, arguments, touched);
    in.connection->add({"EXEC"});
    return end_transaction(in, 3);
  }

  // Gives how many have gone.
  result<std::size_t> move(const part& from, std::size_t p, std::vector<listed_batch> some, bool dead) {
    const bool looks_inside = divides() && !dead;
    if (!looks_inside)
      std::erase_if(some, [&](const listed_batch& b) { return partition_of(b.content.id, wanted_) == p; });
    if (auto read = read_bodies(from, some); !read)
      return read.error();
    std::map<std::size_t, std::vector<listed_batch>> arrivals;
    std::vector<std::string_view> leaving;
    std::uint64_t moved = 0, divided = 0;
    for (const auto& b : some) {
      const auto parts =
          looks_inside ? divider_.parts_of(b.content, std::chrono::system_clock::now()) : undivided(b.content, wanted_);
      const bool keeps_id = parts.front().content.id == b.content.id;
      if (keeps_id && parts.front().partition == p)
        continue;
      ++(keeps_id ? moved : divided);
      leaving.emplace_back(b.content.id);
      for (const auto& piece : parts)
        arrivals[piece.partition].push_back({.content = piece.content,
                                             .bytes = keeps_id ? b.bytes : piece.content.payload->size(),
                                             .score = b.score,
                                             .place = b.place,
                                             .record = b.record});
    }
    for (const auto& [to, batches] : arrivals)
      if (auto arrived = move_in(parts_[to], batches); !arrived)
        return arrived.error();
    if (leaving.empty())
      return std::size_t{0};
    auto arguments = leaving;
    arguments.insert(arguments.begin(), token_);
    if (auto left = from.connection->run_one(redis_script::move_out, from.keys, arguments, leaving); !left)
      return left.error();
    done_.moved += moved;
    done_.divided += divided;
    return leaving.size();
  }

  bool divides() const noexcept { return ordering_ == std::string_view{"per_user"}; }

  // Of one that has none, nothing is set.
  static result<void> read_bodies(const part& from, std::vector<listed_batch>& of) {
    if (of.empty())
      return {};
    if (auto connected = from.connection->open(); !connected)
      return connected;
    for (const auto& b : of)
      from.connection->add({"GET", from.keys.body(b.content.id)});
    const auto bodies = from.connection->run();
    if (!bodies)
      return bodies.error();
    for (std::size_t i = 0; i < of.size(); ++i) {
      const auto body = (*bodies)[i].value();
      if (body.is_error())
        return to_error(classify_redis_error(body.text()), body.text());
      if (!body.is_nil())
        of[i].content.payload = std::make_shared<const std::string>(body.text());
    }
    return {};
  }

  // In one transaction, and waited for.
  result<void> move_in(const part& to, const std::vector<listed_batch>& some) {
    if (auto connected = to.connection->open(); !connected)
      return connected;
    std::vector<std::string> numbers;
    numbers.reserve(2 * some.size());
    std::vector<std::string_view> arguments{token_, "", "0", "0", "0"}, ids;
    std::size_t commands = 2;
    to.connection->add({"MULTI"});
    for (const auto& b : some) {
      const auto& events = numbers.emplace_back(std::to_string(b.content.events));
      const auto& bytes = numbers.emplace_back(std::to_string(b.bytes));
      arguments.insert(arguments.end(), {b.content.id, b.score, events, bytes, b.record});
      ids.emplace_back(b.content.id);
      if (b.content.payload) {
        add_body(*to.connection, to.keys, b.content);
        ++commands;
      }
    }
    to.connection->call(redis_script::move_in, to.keys, arguments, ids);
    to.connection->add({"EXEC"});
    return end_transaction(to, commands);
  }

  // Sends what was gathered: a transaction with so many commands before its EXEC, of which the last is a script that
  // gives
  // 1. Waits until it is as safe as is asked for.
  result<void> end_transaction(const part& to, std::size_t commands) {
    if (wants_safety(where_))
      add_wait(*to.connection, where_);
    const auto answers = to.connection->run();
    if (!answers)
      return answers.error();
    const auto refused = [](redis_value answer) {
      return to_error(classify_redis_error(answer.text()), answer.text());
    };
    for (std::size_t i = 0; i <= commands; ++i) // the first error is the reason of those that follow
      if (const auto answer = (*answers)[i].value(); answer.is_error())
        return refused(answer);
    const auto whole = (*answers)[commands].value();
    const auto last = whole.size() > 0 ? whole[whole.size() - 1] : whole;
    if (last.is_error())
      return refused(last);
    if (last.integer() != 1)
      return answer_not_understood();
    return wants_safety(where_) ? read_wait(answers->back().value(), where_) : result<void>{};
  }

  // One that is no more is counted in the first, and goes.
  result<void> end(const part& from, std::size_t p) {
    if (!from.is_there)
      return {};
    const auto number = std::to_string(p);
    if (p >= wanted_) {
      if (auto counted = count_in_first(from, p, number); !counted)
        return counted;
      if (auto removed = remove_garbage(from); !removed)
        return removed;
    }
    const auto over =
        from.connection->run_one(redis_script::end_repartition, from.keys, {token_, number, wanted_text_});
    return over ? result<void>{} : result<void>{over.error()};
  }

  result<void> count_in_first(const part& from, std::size_t p, const std::string& number) {
    const auto gone = redis_queue{from.connection, settings_.queue, p}.stats();
    if (!gone)
      return gone.error();
    const auto counted = parts_.front().connection->run_one(
        redis_script::move_in, parts_.front().keys,
        {token_, number, std::to_string(gone->delivered), std::to_string(gone->purged), std::to_string(gone->erased)});
    if (!counted || !wants_safety(where_))
      return counted ? result<void>{} : result<void>{counted.error()};
    add_wait(*parts_.front().connection, where_);
    const auto waited = parts_.front().connection->run();
    return waited ? read_wait(waited->front().value(), where_) : result<void>{waited.error()};
  }

  static result<void> remove_garbage(const part& from) {
    for (;;) {
      const auto some = std::move(from.connection->first_members({from.keys.garbage()}).front());
      if (!some || some->empty())
        return some ? result<void>{} : result<void>{some.error()};
      const std::vector<std::string_view> ids{some->begin(), some->end()};
      if (auto removed = from.connection->run_one(redis_script::remove_garbage, from.keys, ids, ids); !removed)
        return removed.error();
    }
  }

  const redis_options where_;
  const options settings_;
  const std::size_t wanted_;
  const std::string wanted_text_, ttl_, ordering_, token_;
  batch_divider divider_;
  payload_sealer sealer_;
  std::vector<part> parts_;
  repartition_done done_;
};

} // namespace

result<repartition_done> repartition_redis(const redis_options& where, const options& o) {
  return change{where, o}.make();
}

} // namespace sluice
