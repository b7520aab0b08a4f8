#include "store/admin_of_partitions.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <tuple>
#include <utility>

namespace sluice {

namespace {

constexpr std::chrono::seconds most_time_of_failures{2};

void take_earlier(std::optional<store_time>& of, const std::optional<store_time>& other) {
  if (other && (!of || *other < *of))
    of = other;
}

// A process is an owner of many partitions, and two of one partition may have the same name.
void add_owners(std::vector<queue_owner>& to, std::vector<queue_owner> some) {
  std::vector<bool> is_met(to.size());
  for (auto& o : some) {
    std::size_t i = 0;
    while (i < is_met.size() && (is_met[i] || to[i].name != o.name))
      ++i;
    if (i == is_met.size()) {
      to.push_back(std::move(o));
      continue;
    }
    is_met[i] = true;
    if (o.said > to[i].said)
      to[i] = std::move(o);
  }
}

void add(store_stats& to, store_stats s) {
  to.stored += s.stored;
  to.delivered += s.delivered;
  to.purged += s.purged;
  to.erased += s.erased;
  to.ready += s.ready;
  to.in_flight += s.in_flight;
  to.retry += s.retry;
  to.dead += s.dead;
  to.paused = to.paused || s.paused;
  take_earlier(to.oldest_ready, s.oldest_ready);
  take_earlier(to.next_retry, s.next_retry);
  take_earlier(to.oldest_dead, s.oldest_dead);
  add_owners(to.owners, std::move(s.owners));
}

} // namespace

result<store_stats> admin_of_partitions::stats() {
  store_stats all;
  for (const auto& p : partitions_) {
    auto some = p->stats();
    if (!some)
      return some;
    add(all, std::move(*some));
  }
  return all;
}

result<std::vector<dead_letter>> admin_of_partitions::list_dead(const std::string& after, std::size_t limit) {
  std::vector<dead_letter> page;
  for (const auto& p : partitions_) {
    auto some = p->list_dead(after, limit);
    if (!some)
      return some;
    const auto middle = static_cast<std::ptrdiff_t>(page.size());
    std::move(some->begin(), some->end(), std::back_inserter(page));
    std::inplace_merge(page.begin(), page.begin() + middle, page.end(), [](const dead_letter& a, const dead_letter& b) {
      return std::tie(a.died, a.id) < std::tie(b.died, b.id);
    });
    page.resize(std::min(page.size(), limit));
  }
  return page;
}

result<dead_letter> admin_of_partitions::show_dead(const std::string& id) {
  return partitions_[partition_of(id, partitions_.size())]->show_dead(id);
}

result<std::uint64_t> admin_of_partitions::change_dead(change how, const std::vector<std::string>& ids) {
  std::vector<std::vector<std::string>> ids_in(partitions_.size());
  for (const auto& id : ids)
    ids_in[partition_of(id, partitions_.size())].push_back(id);
  std::uint64_t events = 0;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    if (!ids.empty() && ids_in[i].empty()) // no ids would mean all
      continue;
    auto some = ((*partitions_[i]).*how)(ids_in[i]);
    if (!some)
      return some;
    events += *some;
  }
  return events;
}

result<void> admin_of_partitions::replace_dead(const std::string& id, const batch_ptr& by) {
  return partitions_[partition_of(id, partitions_.size())]->replace_dead(id, by);
}

// A cursor is the number of the partition, a colon, and the cursor there.
result<queue_page> admin_of_partitions::list_batches(const std::string& after, std::size_t limit) {
  std::size_t i = 0;
  const auto [rest, why] = std::from_chars(after.data(), after.data() + after.size(), i);
  const auto read = static_cast<std::size_t>(rest - after.data());
  if (!after.empty() && (why != std::errc{} || i >= partitions_.size() || after.substr(read, 1) != ":"))
    return error{errc::unknown_batch, "after", "is no place in the queue"};
  auto page = partitions_[i]->list_batches(after.empty() ? "" : after.substr(read + 1), limit);
  if (!page)
    return page;
  if (page->next.empty())
    ++i;
  page->next = i < partitions_.size() ? std::to_string(i) + ":" + page->next : "";
  return page;
}

result<std::uint64_t> admin_of_partitions::erase_events(const std::vector<erasure>& all) {
  std::vector<std::vector<erasure>> in(partitions_.size());
  for (const auto& e : all)
    in[partition_of(e.from.content->id, partitions_.size())].push_back(e);
  std::uint64_t events = 0;
  for (std::size_t i = 0; i < partitions_.size(); ++i) {
    if (in[i].empty())
      continue;
    const auto some = partitions_[i]->erase_events(in[i]);
    if (!some)
      return some.error();
    events += *some;
  }
  return events;
}

result<void> admin_of_partitions::scrub() {
  for (const auto& p : partitions_)
    if (auto done = p->scrub(); !done)
      return done;
  return {};
}

// The first partition has them: it stays, whatever number of partitions the queue is given.
result<std::vector<queue_note>> admin_of_partitions::notes(const std::string& prefix) {
  return partitions_.front()->notes(prefix);
}

result<bool> admin_of_partitions::put_note(const queue_note& note, const std::string& was) {
  return partitions_.front()->put_note(note, was);
}

result<void> admin_of_partitions::set_paused(bool paused) {
  result<void> done;
  const auto until = std::chrono::steady_clock::now() + most_time_of_failures;
  for (const auto& p : partitions_) {
    if (auto one = p->set_paused(paused); !one)
      done = one;
    if (!done && std::chrono::steady_clock::now() > until)
      break; // each that does not answer takes its time for that
  }
  return done;
}

} // namespace sluice
