#include "cli/deliver/send_job.hpp"

#include "cli/complain.hpp"
#include "cli/deliver/delivery_job.hpp"
#include "cli/deliver/line_reader.hpp"

namespace sluice {

namespace {

// A line may be longer than its event: it may have white space, and fields that are dropped.
constexpr std::size_t max_line = 1 << 20;

// Sends each line as an event, and reports the rejected ones.
class sender {
public:
  sender(delivery_job& job, line_reader& reader, client& out) : job_{job}, reader_{reader}, out_{out} {}
  void send_all(const std::string& file);

private:
  void send_one(std::string_view line, std::uint64_t number);
  void reject(std::uint64_t number, const error&);

  delivery_job& job_;
  line_reader& reader_;
  client& out_;
};

void sender::send_all(const std::string& file) {
  using outcome = line_reader::outcome;
  while (!job_.stopped()) {
    switch (reader_.next()) {
    case outcome::line:
      send_one(reader_.text(), reader_.number());
      break;
    case outcome::too_long:
      ++job_.read;
      reject(reader_.number(), {errc::too_large, "", "a line has at most " + std::to_string(max_line) + " bytes"});
      break;
    case outcome::failed:
      job_.say(file + ": reading failed");
      [[fallthrough]];
    case outcome::stopped:
    case outcome::end:
      return;
    }
  }
}

void sender::send_one(std::string_view line, std::uint64_t number) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos)
    return;
  ++job_.read;
  for (;;) {
    // A full buffer is no reason to drop an event: the input can wait.
    while (!out_.wait_for_room(std::chrono::milliseconds{200}))
      if (job_.stop.raised() || job_.stopped())
        return reject(number, {errc::closed, "", "interrupted while the buffer was full"});
    const auto sent = out_.send_json(line, max_line);
    if (sent)
      return;
    if (sent.error().code != errc::buffer_full)
      return reject(number, sent.error());
  }
}

void sender::reject(std::uint64_t number, const error& why) {
  ++job_.ledger.rejected;
  job_.say("line " + std::to_string(number) + ": " + text_of(why));
}

} // namespace

int run_send(const send_settings& settings) {
  delivery_job job{"send", settings.delivery};
  if (job.options_are_wrong())
    return 2;
  auto reader = line_reader::open(settings.file, max_line, job.stop.descriptor());
  if (!reader) {
    job.say(text_of(reader.error()));
    return 2;
  }
  std::shared_ptr<receipts_file> receipts;
  if (!settings.receipts.empty()) {
    auto opened = receipts_file::open(settings.receipts);
    if (!opened) {
      job.say(text_of(opened.error()));
      return 2;
    }
    receipts = std::make_shared<receipts_file>(std::move(*opened));
  }
  const auto work = [&](client& out) {
    sender{job, *reader, out}.send_all(settings.file);
    // In a shared queue the system leaves stored batches to other processes. The command waits for their delivery,
    // unless it only enqueues.
    const auto& queue = job.arguments.settings().queue;
    if (const auto until = std::chrono::steady_clock::now() + settings.delivery.drain_timeout;
        queue.is_multi_processor && !queue.enqueue_only && out.flush(settings.delivery.drain_timeout))
      job.watch_queue(true, until);
  };
  return job.run(work, std::move(receipts));
}

} // namespace sluice
