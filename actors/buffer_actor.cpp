#include "actors/buffer_actor.hpp"

#include <algorithm>

#include "actors/deadline.hpp"
#include "actors/gate.hpp"
#include "actors/supervised.hpp"
#include "core/persistence/partition.hpp"
#include "core/wire/batch_id.hpp"

namespace sluice {

namespace {

// How long events that do not fill a batch gather before the buffer takes them: a wake-up costs more than an event.
constexpr std::chrono::milliseconds linger{2};

// How long a drain whose deadline has passed waits for what the store says of batches that others may have ended.
constexpr std::chrono::milliseconds last_search{500};

} // namespace

void buffer_state::start(self_pointer self, context_ptr context) {
  self_ = self;
  context_ = std::move(context);
  batcher_.emplace(context_->settings);
  const auto who = context_->settings.queue.enqueue_only ? deliverers::others
                   : context_->queue->shared()           ? deliverers::any
                                                         : deliverers::this_one;
  const bool is_divided = context_->settings.ordering == delivery_order::per_user;
  const auto partitions = context_->settings.queue.partitions;
  ledger_.emplace(*context_->intake, context_->queue->durable(), who, partitions, is_divided ? partitions : 1);
  port_.open(buffer_peer{self});
  context_->intake->open([port = port_.get()] { port->send(wake{}); });
  port_.get()->send(wake{}); // Events may have come in before.
}

buffer_state::~buffer_state() {
  if (context_) { // No actor takes events any more. Their requesters are told when the intake drops them.
    context_->intake->close();
    context_->intake->take();
  }
  for (auto& f : flushes_)
    if (f.promise)
      f.promise->deliver(to_caf_error({errc::closed, "", "the system stopped"}));
}

void buffer_state::meet(const peers& who) {
  const bool new_persister = !peers_.table || peers_.table->persister != who.table->persister;
  peers_ = who;
  tell_news();
  if (!new_persister)
    return;
  std::vector<batch_ptr> again;
  for (const auto& [sequence, batch] : ledger_->unconfirmed())
    again.push_back(batch);
  compat::send(self_, peers_.table->persister,
               store_batches{std::move(again)}); // Sent even if there is none, because the persister waits for it.
  look_again();
}

void buffer_state::look_again() {
  page_.clear();
  ledger_->news_may_be_missing();
  advance();
}

void buffer_state::on_wake() {
  if (!gathering_since_)
    gathering_since_ = now();
  if (context_->intake->urgent())
    advance();
  else
    linger_.set(self_, now() + linger);
}

void buffer_state::on_batch_size(const set_batch_size& m) {
  batcher_->limit_events(m.events);
}

void buffer_state::on_tick(const tick& t) {
  if (linger_.rings(t) || deadline_.rings(t))
    advance();
}

void buffer_state::on_committed(const committed& m) {
  for (const auto& n : *m.news) {
    const auto own = sequence_in(n.content->id, context_->incarnation);
    if (!own) {
      on_recovered(n);
      continue;
    }
    const auto sequence = *own;
    meter(n, sequence);
    switch (n.step) {
    case batch_step::stored:
      ledger_->stored(sequence, n.leased);
      break;
    case batch_step::retried:
      ledger_->failed_once(sequence);
      break;
    case batch_step::returned:
      ledger_->returned(sequence);
      break;
    case batch_step::delivered:
    case batch_step::dead:
      ledger_->ended(sequence, n.content->events, n.step == batch_step::delivered);
      break;
    }
  }
  advance();
}

// News of a batch may come again, and of its end without those that it is stored.
void buffer_state::meter(const batch_news& n, std::uint64_t sequence) const {
  const auto progress = ledger_->progress_of(sequence);
  if (!progress)
    return;
  const auto took = now() - progress->since;
  const bool says_stored = n.step != batch_step::retried && n.step != batch_step::returned;
  if (says_stored && !progress->is_stored)
    context_->meters->accepted_to_stored.observe(took, n.content->events);
  if (n.step == batch_step::delivered)
    context_->meters->accepted_to_delivered.observe(took, n.content->events);
}

void buffer_state::on_store_went_back() {
  page_.clear();
  ledger_->store_went_back();
  advance();
}

void buffer_state::on_looked_for(const looked_for& m) {
  if (m.number != page_number_ || page_.empty())
    return;
  note_lost(ledger_->found(std::exchange(page_, {}), m.found, m.ended));
  advance();
}

void buffer_state::note_lost(std::uint64_t events) {
  if (events == 0)
    return;
  const auto text = "the store has forgotten " + std::to_string(events) + " events, which are lost";
  context_->log(log_level::error, text);
  news_.reports.push_back(
      {.kind = report_kind::lost, .events = events, .batch_id = {}, .message_ids = {}, .reason = text});
  tell_news();
}

// Counts the end of a batch that an earlier process, or another one, had accepted.
void buffer_state::on_recovered(const batch_news& n) const {
  auto& totals = context_->intake->totals();
  if (n.step == batch_step::delivered)
    totals.count_recovered(n.content->events, 0);
  else if (n.step == batch_step::dead)
    totals.count_recovered(0, n.content->events);
  else if (n.step == batch_step::retried)
    totals.count_failed_attempt();
}

void buffer_state::on_drain(const drain& m) {
  context_->intake->close();
  take_events();
  batcher_->flush();
  flushes_.push_back({.number = ledger_->begin_flush(), .deadline = now() + m.deadline, .promise = std::nullopt});
  advance();
}

buffer_state::flush_promise buffer_state::on_flush(const flush& m) {
  take_events();
  batcher_->flush();
  const auto deadline = within_reason(m.deadline, context_->settings.flush_deadline);
  auto promise = compat::promise_to_requester<flush_report>(self_);
  flushes_.push_back({.number = ledger_->begin_flush(), .deadline = now() + deadline, .promise = promise});
  advance();
  return promise;
}

// Does everything that can be done now, and sets the alarm for what becomes due later.
void buffer_state::advance() {
  take_events();
  cut_batches();
  expire_requests();
  finish_flushes();
  search();
  auto next = batcher_->deadline(unstored()); // while the window is closed, its opening makes the next batch due
  auto sooner = [&next](steady_time t) { next = next ? std::min(*next, t) : t; };
  if (!request_deadlines_.empty())
    sooner(request_deadlines_.front().first);
  for (const auto& f : flushes_)
    sooner(f.search ? last_moment(f) : f.deadline);
  deadline_.set(self_, next);
}

void buffer_state::take_events() {
  const bool looks_again = linger_.is_set();
  auto came = context_->intake->take(looks_again);
  const auto since = std::exchange(gathering_since_, std::nullopt).value_or(now());
  if (looks_again)
    gathering_since_ = now();
  const requester* last = nullptr; // one that waits for several events has one deadline
  for (const auto& [index, who] : came.events.waiting)
    if (who.get() != std::exchange(last, who.get()))
      request_deadlines_.emplace_back(now() + context_->settings.request_deadline, who);
  if (came.events.partitions.empty())
    ledger_->taken(came.events.size());
  for (const auto partition : came.events.partitions)
    ledger_->taken(1, partition);
  batcher_->add(std::move(came.events), since);
  news_.crossings.insert(news_.crossings.end(), came.crossings.begin(), came.crossings.end());
  if (came.rejected > 0)
    news_.reports.push_back({.kind = report_kind::rejected,
                             .events = came.rejected,
                             .batch_id = {},
                             .message_ids = std::move(came.rejected_ids),
                             .reason = std::move(came.rejected_why)});
  tell_news();
}

void buffer_state::tell_news() {
  if (peers_.table && !(news_.reports.empty() && news_.crossings.empty()))
    compat::send(self_, peers_.table->supervisor, std::exchange(news_, {}));
}

void buffer_state::cut_batches() {
  std::vector<batch_ptr> batches;
  while (auto from = batcher_->next(now(), unstored())) {
    last_sequence_ = next_number(last_sequence_, from->partition, context_->settings.queue.partitions);
    auto content = std::make_shared<const batch>(
        batch{.id = batch_id(context_->incarnation, last_sequence_),
              .events = from->events,
              .payload = sealer_.seal(from->bytes, context_->settings.gzip, context_->clock())});
    ledger_->open(last_sequence_, content, std::move(*from));
    batches.push_back(std::move(content));
  }
  send_to_persister(std::move(batches));
}

// The batches of each partition that are on their way to the store.
std::vector<std::size_t> buffer_state::unstored() const {
  std::vector<std::size_t> counts(context_->settings.queue.partitions);
  for (const auto& [sequence, batch] : ledger_->unconfirmed())
    ++counts[sequence % counts.size()];
  return counts;
}

void buffer_state::send_to_persister(std::vector<batch_ptr> batches) {
  if (!batches.empty() && peers_.table)
    compat::send(self_, peers_.table->persister, store_batches{std::move(batches)});
}

void buffer_state::expire_requests() {
  while (!request_deadlines_.empty()) {
    auto who = request_deadlines_.front().second.lock();
    const bool over = !who || who->answered();
    if (!over && request_deadlines_.front().first > now())
      return;
    if (!over)
      who->failed({errc::pending, "", "not stored within request_deadline; it is kept, and may yet be stored"});
    request_deadlines_.pop_front();
  }
}

steady_time buffer_state::last_moment(const pending_flush& f) const {
  return f.promise ? f.deadline : f.deadline + last_search;
}

bool buffer_state::is_over(pending_flush& f) {
  if (!ledger_->flushed(f.number) && now() < f.deadline)
    return false;
  if (!context_->queue->shared())
    return true;
  if (!f.search)
    f.search = ledger_->begin_search();
  return ledger_->searched(*f.search) || now() >= last_moment(f);
}

// Asks the store for the next page of the search that is under way.
void buffer_state::search() {
  if (!peers_.table || !page_.empty())
    return;
  if (ledger_->search_is_due())
    ledger_->begin_search();
  page_ = ledger_->next_page(unit_of_work::max_look_for);
  if (page_.empty())
    return;
  look_for which{.number = ++page_number_, .first_open = ledger_->first_open()};
  for (const auto sequence : page_)
    which.ids.push_back(batch_id(context_->incarnation, sequence));
  compat::send(self_, peers_.table->persister, std::move(which));
}

void buffer_state::finish_flushes() {
  std::erase_if(flushes_, [this](pending_flush& f) {
    if (!is_over(f))
      return false;
    if (f.promise)
      f.promise->deliver(ledger_->report(f.number));
    else
      compat::send(self_, peers_.table->supervisor, drained{});
    ledger_->end_flush(f.number);
    return true;
  });
}

steady_time buffer_state::now() const {
  return self_->clock().now();
}

buffer_state::handle::behavior_type buffer_state::behavior() {
  return {[this](const flush& m) { return on_flush(m); },
          [this](const peers& m) { meet(m); },
          [this](const committed& m) { on_committed(m); },
          [this](const store_went_back&) { on_store_went_back(); },
          [this](const events_erased&) { look_again(); },
          [this](const looked_for& m) { on_looked_for(m); },
          [this](const drain& m) { on_drain(m); },
          [this](const finish&) { self_->quit(); },
          [this](const wake&) { on_wake(); },
          [this](const set_batch_size& m) { on_batch_size(m); },
          [this](const tick& m) { on_tick(m); }};
}

buffer_peer spawn_buffer(caf::actor_system& system, context_ptr context, const supervisor_actor& parent) {
  event_gate gate{context->intake};
  return system.spawn<gated<actor_of<buffer_state>>>(std::move(gate), std::move(context), parent);
}

buffer_actor public_handle(const buffer_peer& buffer) {
  return caf::actor_cast<buffer_actor>(buffer);
}

} // namespace sluice
