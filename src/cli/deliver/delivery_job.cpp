#include "cli/deliver/delivery_job.hpp"

#include <algorithm>
#include <iostream>
#include <mutex>
#include <thread>

#include "cli/complain.hpp"
#include "cli/deliver/log_line.hpp"
#include "cli/shell_word.hpp"
#include "sluice/analytics.hpp"
#include "sluice/config.hpp"
#include "store/make_store.hpp"

namespace sluice {

// Set when the system stops by itself.
struct delivery_job::ending {
  std::atomic<bool> came{false};
  std::mutex mutex;
  shutdown_report counts;
};

namespace {

// Exit statuses besides those of the ledger.
constexpr int failed = 1;
constexpr int misconfigured = 2;
constexpr int unavailable = 3; // a later start may succeed

// Returns the exit status for a queue that could not be opened: it is unavailable or owned by another process, or
// wrong.
int status_of(const store_error& why) {
  const bool may_pass = why.code == errc::queue_taken || why.signal == store_signal::watched ||
                        (why.code == errc::store_failed && why.field == "persistence");
  return may_pass ? unavailable : misconfigured;
}

// How long deliveries may take after a signal.
constexpr milliseconds interrupted_drain{10'000};
// How long to wait for a store that is not ready yet, for example while the machine boots.
constexpr std::chrono::seconds start_patience{5};
// How often to read the counts of the queue.
constexpr std::chrono::milliseconds glance{200};

class command_config : public caf::actor_system_config {
public:
  command_config() {
    configure(*this, custom_options_);
    compat::share_work(*this, 2);
  }
};

// Writes receipts when batches are stored, and notes when the system stops. It runs on a thread of its own if it
// writes a file.
template <class Ending>
caf::behavior listener(caf::event_based_actor* self, std::shared_ptr<receipts_file> file,
                       std::shared_ptr<Ending> ending, delivery_job* job) {
  compat::harden(self);
  return {[file, job](const delivery_report& r) {
            if (!file || r.kind != report_kind::stored)
              return;
            if (auto done = file->append(r.message_ids); !done) {
              job->in_trouble = true;
              job->say(text_of(done.error()));
            }
          },
          [](const backpressure&) {}, [](const delivery_suspended&) {},
          [file, job](const reports_missed& m) {
            if (!file || m.stored == 0)
              return;
            job->in_trouble = true;
            job->say("the receipts file is too slow: it does not name " + std::to_string(m.stored) + " events");
          },
          [ending](const sluice::stopped& s) {
            std::lock_guard guard{ending->mutex};
            ending->counts = s.counts;
            ending->came = true;
          },
          // Mailboxes are in order, so every receipt has been written.
          [self](const unsubscribe&) { self->quit(); }};
}

} // namespace

delivery_job::delivery_job(std::string command, const delivery_arguments& given, hangup meaning)
    : arguments{given}, stop{meaning}, command_{std::move(command)}, ending_{std::make_shared<ending>()} {
  ledger.only_enqueues = arguments.settings().queue.enqueue_only;
  arguments.settings().log = [this](log_level level, std::string_view line) { say(std::string{line}, level); };
}

void delivery_job::say(const std::string& line, log_level level) {
  if (level < arguments.least_level)
    return;
  const auto now = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
  screen.say(arguments.json_logs ? log_line_as_json(now, level, line) : "sluice " + command_ + ": " + line);
}

bool delivery_job::stopped() const noexcept {
  return ending_->came;
}

bool delivery_job::options_are_wrong() {
  const auto errors = validate(arguments.settings());
  for (const auto& e : errors)
    say(text_of(e));
  return !errors.empty();
}

// Opens the queue before any input is read: a store that is wrong from the beginning is a configuration error, while
// one that becomes unavailable later is waited for.
boost::system::result<std::unique_ptr<store>, store_error> delivery_job::open_store() {
  bool said = false;
  const auto patience = std::chrono::steady_clock::now() + start_patience;
  for (auto queue = make_store(arguments.settings());;) {
    const auto opened =
        queue ? (*queue)->apply({.now = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now())})
              : work_result{store_error{queue.error()}};
    if (opened)
      return std::move(*queue);
    const auto& why = opened.error();
    const bool taken = why.code == errc::queue_taken;
    const bool may_pass = queue && why.code == errc::store_failed && why.field == "persistence" &&
                          std::chrono::steady_clock::now() < patience;
    const bool waits = why.signal == store_signal::watched || may_pass || (taken && arguments.wait);
    if (!waits)
      say(text_of(why) + (taken ? ", or wait for it with --wait" : "") +
          (taken && command_ == "send" ? ", or only store the events with --enqueue" : ""));
    else if (!std::exchange(said, true))
      say(text_of(why) + (taken ? "; waiting for it" : may_pass ? "; trying again" : ""), log_level::warning);
    if (!waits || stop.wait(glance))
      return why;
    if (taken)
      queue = make_store(arguments.settings());
  }
}

int delivery_job::run(const std::function<void(client&)>& work, std::shared_ptr<receipts_file> receipts) {
  auto queue = open_store();
  if (!queue)
    return status_of(queue.error());
  command_config config;
  caf::actor_system system{config};
  extensions parts;
  parts.queue = std::move(*queue);
  auto running = spawn_analytics(system, arguments.settings(), std::move(parts));
  if (!running) {
    for (const auto& e : running.error())
      say(text_of(e));
    return misconfigured;
  }
  const bool receipts_wanted = receipts != nullptr;
  auto ears = receipts ? system.spawn<caf::detached>(listener<ending>, std::move(receipts), ending_, this)
                       : system.spawn(listener<ending>, nullptr, ending_, this);
  compat::anon_send(running->supervisor, subscribe{ears, receipts_wanted});
  const bool has_started = !on_start || on_start(system, *running);
  const auto started = std::chrono::steady_clock::now();
  {
    client out{*running};
    if (!arguments.quiet && !arguments.json_logs)
      screen.start([&out] { return out.totals(); }, ledger.only_enqueues);
    if (has_started)
      work(out);
    const auto drain = stop.raised() ? std::min(interrupted_drain, arguments.drain_timeout) : arguments.drain_timeout;
    const auto report = shut_down(*running, drain);
    screen.stop();
    ledger.retries = out.totals().failed_attempts;
    compat::anon_send(ears, unsubscribe{});
    ears = {};
    system.await_all_actors_done();
    ledger.read = read;
    close_ledger(ledger, report && !stopped() ? *report : ending_->counts, left_in_queue());
  }
  if (!has_started)
    return misconfigured;
  print(std::chrono::steady_clock::now() - started);
  advise();
  if (stopped())
    return unavailable;
  return in_trouble ? failed : status_of(ledger);
}

// Shuts the system down within `drain`, or within `interrupted_drain` once a signal arrives.
result<shutdown_report> delivery_job::shut_down(analytics& running, milliseconds drain) {
  std::atomic<bool> over{false};
  result<shutdown_report> hurried = error{errc::closed, "", "no signal arrived"};
  std::thread hurry{[&] {
    while (!over)
      if (stop.wait(std::chrono::milliseconds{20}))
        return static_cast<void>(hurried = running.shutdown(interrupted_drain));
  }};
  auto report = running.shutdown(drain);
  over = true;
  hurry.join();
  return report ? report : hurried; // a shutdown requested after the system has stopped is not answered
}

void delivery_job::watch_queue(bool until_empty, std::optional<std::chrono::steady_clock::time_point> deadline) {
  const auto queue = make_queue_admin(arguments.settings());
  if (!queue)
    return say(text_of(queue.error()));
  bool paused = false;
  while (!stopped() && !stop.wait(glance) && (!deadline || std::chrono::steady_clock::now() < *deadline)) {
    const auto stats = (*queue)->stats();
    if (!stats)
      continue;
    if (stats->paused && !paused)
      say("the queue is paused; `sluice resume` resumes deliveries", log_level::warning);
    paused = stats->paused;
    if (until_empty && stats->ready + stats->in_flight + stats->retry == 0)
      return;
  }
}

// Nothing if other processes put into the queue or take from it.
std::optional<std::uint64_t> delivery_job::left_in_queue() {
  const auto& queue_options = arguments.settings().queue;
  if (queue_options.is_multi_processor || queue_options.enqueue_only)
    return std::nullopt;
  const auto queue = make_queue_admin(arguments.settings());
  if (!queue && queue.error().code == errc::not_a_queue) // its file is gone, and with it what waited there
    return 0;
  if (stopped()) // Another process may have taken the queue, and have ended by now.
    return std::nullopt;
  const auto stats = queue ? (*queue)->stats() : queue.error();
  if (!stats || !stats->owners.empty())
    return std::nullopt;
  return stats->ready + stats->in_flight + stats->retry;
}

// Says where events wait in a file, and how to go on with them.
void delivery_job::advise() {
  const auto& o = arguments.settings();
  const std::string_view store = o.persistence;
  if (ledger.waiting == 0 || o.queue.enqueue_only || !store.starts_with("sqlite:"))
    return;
  const auto& key_file = arguments.queue.write_key_file;
  say((ledger.waiting == 1 ? "1 event waits in " : std::to_string(ledger.waiting) + " events wait in ") +
          o.persistence.substr(store.find(':') + 1) + "; deliver them with: sluice run --store " +
          shell_word(o.persistence) + " --url " + shell_word(o.data_plane_url) +
          (key_file.empty() ? "" : " --write-key-file " + shell_word(key_file)) +
          " (with another URL or key, add --adopt)",
      log_level::info);
}

void delivery_job::print(std::chrono::steady_clock::duration took) const {
  const auto seconds = std::chrono::duration<double>(took).count();
  // The readable ledger goes to standard error if the JSON is on standard output; not between log lines in JSON.
  if (!arguments.quiet && !(arguments.json && arguments.json_logs))
    (arguments.json ? std::cerr : std::cout) << to_text(ledger, seconds) << std::flush;
  if (arguments.json)
    std::cout << to_json(ledger) << std::endl;
}

} // namespace sluice
