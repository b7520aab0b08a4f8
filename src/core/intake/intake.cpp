#include "core/intake/intake.hpp"

#include <algorithm>

#include "core/persistence/block_list.hpp"
#include "core/persistence/partition.hpp"

namespace sluice {

namespace {

constexpr std::size_t max_rejected_ids = 100, max_id_size = 128;

// An id may have any length until its event is encoded. It is cut in front of a character.
std::string_view shortened(std::string_view id) {
  if (id.size() <= max_id_size)
    return id;
  std::size_t end = max_id_size;
  while (end > 0 && (static_cast<unsigned char>(id[end]) & 0xc0U) == 0x80U)
    --end;
  return id.substr(0, end);
}

std::size_t mark(double part, std::size_t whole) {
  return static_cast<std::size_t>(part * static_cast<double>(whole));
}

const char* why_not_admitted(bool closed) {
  return closed ? "the system is shutting down (closed)" : "the buffer is full (buffer_full)";
}

error no_room_for_event(std::size_t events, std::size_t bytes) {
  return {errc::buffer_full, "",
          "the buffer is full: " + std::to_string(events) + " events, " + std::to_string(bytes) +
              " bytes are in it (max_internal_queue_size, max_internal_queue_bytes)"};
}

} // namespace

intake::intake(const options& o)
    : capacity_{o.max_internal_queue_size},
      capacity_bytes_{o.max_internal_queue_bytes}, high_{std::max<std::size_t>(mark(o.high_water, capacity_), 1)},
      high_bytes_{mark(o.high_water, capacity_bytes_)}, low_{mark(o.low_water, capacity_)},
      low_bytes_{mark(o.low_water, capacity_bytes_)}, flush_at_{o.flush_at}, max_event_bytes_{o.max_event_bytes},
      partitions_of_users_{o.ordering == delivery_order::per_user ? o.queue.partitions : 1} {}

void intake::open(std::function<void()> wake) {
  std::lock_guard guard{mutex_};
  wake_ = std::move(wake);
}

result<void> intake::offer(std::string_view encoded, std::string_view message_id, requester_ptr who,
                           std::string_view user) {
  const auto partition = partition_of_user(user, partitions_of_users_);
  std::unique_lock guard{mutex_};
  if (closed_ || is_full(encoded.size())) {
    const auto closed = closed_;
    const auto depth = depth_, depth_bytes = depth_bytes_;
    if (note_rejection(message_id))
      open_.rejected_why = why_not_admitted(closed);
    const bool knock = raise_signal(signal::some);
    guard.unlock(); // Producers that are rejected in plenty must not keep the buffer out with the making of words.
    if (knock)
      wake_();
    error why = closed ? error{errc::closed, "", "the system is shutting down"} : no_room_for_event(depth, depth_bytes);
    if (who)
      who->failed(why);
    return why;
  }
  const bool awaited = who && wake_ && open_.events.waiting.empty();
  open_.events.append(encoded, std::move(who));
  if (partitions_of_users_ > 1)
    open_.events.partitions.push_back(partition);
  ++depth_;
  depth_bytes_ += encoded.size();
  totals_.count_accepted();
  note_high_water();
  bool knock = raise_signal(open_.events.size() >= flush_at_ || !open_.crossings.empty() ? signal::full : signal::some);
  guard.unlock();
  if (knock || awaited)
    wake_();
  return {};
}

std::uint8_t intake::partition_of(std::string_view user) const {
  return partition_of_user(user, partitions_of_users_);
}

result<void> intake::offer_all(event_chunk events) {
  if (events.empty())
    return {};
  const auto count = events.size();
  const auto bytes = events.bytes.size() - (count - 1) * event_separator.size();
  if (count > capacity_ || bytes > capacity_bytes_)
    return error{errc::too_large, "",
                 std::to_string(count) + " events of " + std::to_string(bytes) +
                     " bytes are more than the buffer may hold (max_internal_queue_size, max_internal_queue_bytes)"};
  std::unique_lock guard{mutex_};
  if (closed_ || count > capacity_ - depth_ || bytes > capacity_bytes_ - depth_bytes_) {
    const auto closed = closed_;
    const auto depth = depth_, depth_bytes = depth_bytes_;
    for (std::size_t i = 0; i < count; ++i)
      if (note_rejection({}))
        open_.rejected_why = why_not_admitted(closed);
    const bool knock = raise_signal(signal::some);
    guard.unlock();
    if (knock)
      wake_();
    return closed ? error{errc::closed, "", "the system is shutting down"} : no_room_for_event(depth, depth_bytes);
  }
  const bool awaited = !events.waiting.empty() && wake_ && open_.events.waiting.empty();
  if (partitions_of_users_ == 1)
    events.partitions.clear();
  open_.events.append(std::move(events));
  depth_ += count;
  depth_bytes_ += bytes;
  totals_.count_accepted(count);
  note_high_water();
  const bool knock =
      raise_signal(open_.events.size() >= flush_at_ || !open_.crossings.empty() ? signal::full : signal::some);
  guard.unlock();
  if (knock || awaited)
    wake_();
  return {};
}

void intake::block(block_list list) {
  auto made = list.empty() ? nullptr : std::make_shared<const block_list>(std::move(list));
  std::lock_guard guard{mutex_};
  is_anybody_blocked_.store(made != nullptr, std::memory_order_relaxed);
  blocked_.swap(made);
}

result<void> intake::admits(const event_view& e, std::chrono::system_clock::time_point now) const {
  if (!is_anybody_blocked_.load(std::memory_order_relaxed))
    return {};
  std::unique_lock guard{mutex_};
  const auto list = blocked_;
  guard.unlock();
  if (list && list->has(e, std::chrono::floor<std::chrono::milliseconds>(now)))
    return error{errc::user_blocked, "", "the user was erased, and is kept out for a while"};
  return {};
}

void intake::reject(std::string_view message_id, const error& why) {
  std::unique_lock guard{mutex_};
  if (note_rejection(message_id))
    open_.rejected_why = to_string(why);
  const bool knock = raise_signal(signal::some);
  guard.unlock();
  if (knock)
    wake_();
}

void intake::note_rejected_ids(bool wanted) {
  std::lock_guard guard{mutex_};
  notes_rejected_ids_ = wanted;
}

intake_batch intake::take(bool looks_again) {
  std::lock_guard guard{mutex_};
  signalled_ = looks_again ? signal::some : signal::none;
  return std::exchange(open_, intake_batch{});
}

bool intake::urgent() const {
  std::lock_guard guard{mutex_};
  return signalled_ == signal::full || !open_.events.waiting.empty();
}

bool intake::wait_for_room(std::chrono::milliseconds at_most) {
  std::unique_lock guard{mutex_};
  const auto is_over = [&] { return closed_ || !is_full(max_event_bytes_); };
  if (!is_over()) // Else there is no need to look at the clock, which a producer would do for each event.
    room_.wait_for(guard, at_most, is_over);
  return !closed_ && !is_full(max_event_bytes_);
}

void intake::close() {
  std::lock_guard guard{mutex_};
  closed_ = true;
  room_.notify_all();
}

bool intake::closed() const {
  std::lock_guard guard{mutex_};
  return closed_;
}

void intake::release(std::size_t events, std::size_t bytes) {
  std::unique_lock guard{mutex_};
  depth_ -= std::min(depth_, events);
  depth_bytes_ -= std::min(depth_bytes_, bytes);
  room_.notify_all();
  if (engaged_ && depth_ <= low_ && depth_bytes_ <= low_bytes_) {
    engaged_ = false;
    note_crossing();
    const bool knock = raise_signal(signal::full);
    guard.unlock();
    if (knock)
      wake_();
  }
}

std::uint64_t intake::depth() const {
  std::lock_guard guard{mutex_};
  return depth_;
}

std::uint64_t intake::depth_bytes() const {
  std::lock_guard guard{mutex_};
  return depth_bytes_;
}

bool intake::is_full(std::size_t more_bytes) const noexcept {
  return depth_ >= capacity_ || more_bytes > capacity_bytes_ - depth_bytes_;
}

// Returns whether it is the first that the buffer has not taken yet.
bool intake::note_rejection(std::string_view message_id) {
  totals_.count_rejected();
  if (notes_rejected_ids_ && open_.rejected_ids.size() < max_rejected_ids)
    open_.rejected_ids.emplace_back(shortened(message_id));
  return open_.rejected++ == 0;
}

void intake::note_high_water() {
  if (!engaged_ && (depth_ >= high_ || depth_bytes_ >= high_bytes_)) {
    engaged_ = true;
    note_crossing();
  }
}

void intake::note_crossing() {
  open_.crossings.push_back({.engaged = engaged_, .depth = depth_, .capacity = capacity_});
}

// The buffer is woken once for each level: a producer that finds the level raised already does not wake it again.
bool intake::raise_signal(signal level) {
  if (level <= signalled_ || !wake_)
    return false;
  signalled_ = level;
  return true;
}

} // namespace sluice
