#include "cli/send_job.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "cli/line_reader.hpp"
#include "cli/progress.hpp"
#include "cli/receipts_file.hpp"
#include "cli/send_ledger.hpp"
#include "cli/stop_signal.hpp"
#include "sluice/analytics.hpp"
#include "sluice/client.hpp"
#include "sluice/config.hpp"

namespace sluice {

namespace {

// A line may be longer than the event it becomes: white space, members that are not sent.
constexpr std::size_t max_line = 1 << 20;
// How long an orderly end may take after a signal.
constexpr std::chrono::seconds interrupted_drain{10};

class command_config : public caf::actor_system_config {
public:
  command_config() {
    configure(*this, custom_options_);
    compat::share_work(*this, 2);
  }
};

// Writes receipts as batches are stored. The file is written on a thread of its own.
caf::behavior receipt_writer(caf::event_based_actor* self, std::shared_ptr<receipts_file> file, progress* screen) {
  compat::harden(self);
  return {[file, screen](const delivery_report& r) {
            if (r.kind != report_kind::stored)
              return;
            if (auto done = file->append(r.message_ids); !done)
              screen->say("sluice send: " + to_string(done.error()));
          },
          [](const backpressure&) {}, [](const destination_hold&) {}, [](const stopped&) {},
          // Everything that was said before has been written.
          [self](const unsubscribe&) { self->quit(); }};
}

class send_job {
public:
  explicit send_job(const send_settings& settings) : settings_{settings} {
    settings_.pipeline.log = [this](log_level level, std::string_view line) {
      if (level >= log_level::warning)
        screen_.say("sluice: " + std::string{line});
    };
  }

  int run();

private:
  int deliver(caf::actor_system&, line_reader&, std::shared_ptr<receipts_file>);
  void read_all(line_reader&, client&);
  void read_one(std::string_view line, std::uint64_t number, client&);
  void refuse(std::uint64_t number, const error&);
  void print(std::chrono::steady_clock::duration took) const;

  send_settings settings_;
  std::atomic<std::uint64_t> read_{0};
  progress screen_{read_};
  stop_signal stop_;
  send_ledger ledger_;
};

int send_job::run() {
  if (const auto errors = validate(settings_.pipeline); !errors.empty()) {
    for (const auto& e : errors)
      screen_.say("sluice send: " + e.option + ": " + e.message);
    return 2;
  }
  auto reader = line_reader::open(settings_.file, max_line, stop_.descriptor());
  if (!reader) {
    screen_.say("sluice send: " + to_string(reader.error()));
    return 2;
  }
  std::shared_ptr<receipts_file> receipts;
  if (!settings_.receipts.empty()) {
    auto opened = receipts_file::open(settings_.receipts);
    if (!opened) {
      screen_.say("sluice send: " + to_string(opened.error()));
      return 2;
    }
    receipts = std::make_shared<receipts_file>(std::move(*opened));
  }
  command_config config;
  caf::actor_system system{config};
  return deliver(system, *reader, std::move(receipts));
}

int send_job::deliver(caf::actor_system& system, line_reader& reader, std::shared_ptr<receipts_file> receipts) {
  auto running = spawn_analytics(system, settings_.pipeline);
  if (!running)
    return 2; // validated before
  caf::actor writer;
  if (receipts) {
    writer = system.spawn<caf::detached>(receipt_writer, receipts, &screen_);
    compat::anon_send(running->supervisor, subscribe{writer});
  }
  const auto started = std::chrono::steady_clock::now();
  client out{*running};
  screen_.start([&out] { return out.totals(); });
  read_all(reader, out);
  const auto drain = stop_.raised() ? std::min(interrupted_drain, settings_.drain_timeout) : settings_.drain_timeout;
  const auto report = out.shutdown(drain);
  screen_.stop();
  compat::anon_send(writer, unsubscribe{});
  writer = {};
  system.await_all_actors_done();
  ledger_.read = read_;
  if (report)
    close_ledger(ledger_, *report);
  print(std::chrono::steady_clock::now() - started);
  return ledger_.complete() ? 0 : 1;
}

void send_job::read_all(line_reader& reader, client& out) {
  using outcome = line_reader::outcome;
  for (;;) {
    switch (reader.next()) {
    case outcome::line:
      read_one(reader.text(), reader.number(), out);
      break;
    case outcome::too_long:
      ++read_;
      refuse(reader.number(), {errc::too_large, "", "a line has at most " + std::to_string(max_line) + " bytes"});
      break;
    case outcome::failed:
      screen_.say("sluice send: " + settings_.file + ": cannot be read any further");
      [[fallthrough]];
    case outcome::stopped:
    case outcome::end:
      return;
    }
  }
}

void send_job::read_one(std::string_view line, std::uint64_t number, client& out) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos)
    return;
  ++read_;
  const auto parsed = parse_event(line, max_line);
  if (!parsed)
    return refuse(number, parsed.error());
  for (;;) {
    // Full is no reason to drop anything here: the input can wait.
    while (!out.wait_for_room(std::chrono::milliseconds{200}))
      if (stop_.raised())
        return refuse(number, {errc::closed, "", "interrupted while the buffer was full"});
    const auto sent = out.send(*parsed);
    if (sent)
      return;
    if (sent.error().code != errc::buffer_full)
      return refuse(number, sent.error());
  }
}

void send_job::refuse(std::uint64_t number, const error& why) {
  ++ledger_.refused;
  screen_.say("line " + std::to_string(number) + ": " + to_string(why));
}

void send_job::print(std::chrono::steady_clock::duration took) const {
  const auto seconds = std::chrono::duration<double>(took).count();
  // The ledger for people goes where the JSON does not.
  (settings_.json ? std::cerr : std::cout) << to_text(ledger_, seconds) << std::flush;
  if (settings_.json)
    std::cout << to_json(ledger_) << std::endl;
}

} // namespace

std::optional<std::string> read_write_key(options& o, const std::string& file) {
  if (!file.empty()) {
    std::ifstream in{file};
    if (!std::getline(in, o.write_key))
      return "--write-key-file: " + file + " cannot be read or is empty";
  } else if (const char* key = std::getenv("SLUICE_WRITE_KEY"); o.write_key.empty() && key) {
    o.write_key = key;
  }
  return std::nullopt;
}

int run_send(const send_settings& settings) {
  return send_job{settings}.run();
}

} // namespace sluice
