#include "cli/deliver/job_ledger.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "core/printable.hpp"

namespace sluice {

namespace {

std::string line(const char* name, std::uint64_t count, const char* what) {
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), "  %-10s %12llu  %s\n", name, static_cast<unsigned long long>(count), what);
  return text.data();
}

} // namespace

void close_ledger(job_ledger& l, const shutdown_report& r, std::optional<std::uint64_t> left_in_queue) {
  l.accepted = r.accepted;
  l.delivered = r.delivered;
  l.dead = r.dead;
  l.elsewhere = r.ended_elsewhere;
  l.waiting = left_in_queue.value_or(r.stored);
  l.last_failure = r.last_failure;
  const auto missing = r.stored - std::min(l.waiting, r.stored);
  l.lost = r.lost + missing;
  l.recovered = r.recovered + (l.waiting - std::min(l.waiting, r.stored));
}

int status_of(const job_ledger& l) noexcept {
  return l.lost > 0 ? 1 : l.dead > 0 ? 5 : l.rejected > 0 ? 4 : l.waiting > 0 && !l.only_enqueues ? 6 : 0;
}

std::string to_json(const job_ledger& l) {
  const nlohmann::ordered_json json{{"read", l.read},
                                    {"accepted", l.accepted},
                                    {"rejected", l.rejected},
                                    {"delivered", l.delivered},
                                    {"dead", l.dead},
                                    {"waiting", l.waiting},
                                    {"lost", l.lost},
                                    {"recovered", l.recovered},
                                    {"elsewhere", l.elsewhere},
                                    {"retries", l.retries},
                                    {"last_failure", l.last_failure}};
  return terminal_line(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

std::string to_text(const job_ledger& l, double seconds) {
  std::string text = "ledger\n";
  if (l.read > 0)
    text += line("read", l.read, "events in the input") + line("rejected", l.rejected, "invalid, see above");
  text +=
      line("accepted", l.accepted, "accepted + recovered = the sum of the lines below") +
      line("recovered", l.recovered, "left in the queue by an earlier run") +
      line("delivered", l.delivered, "acknowledged by the data plane") + line("dead", l.dead, "buried, see above") +
      line("waiting", l.waiting, l.only_enqueues ? "stored for the process that delivers" : "kept for a later run") +
      line("lost", l.lost, "accepted, and neither delivered nor kept") +
      (l.elsewhere > 0 ? line("elsewhere", l.elsewhere, "ended by other processes of the queue") : "") +
      line("retries", l.retries, "failed attempts, in batches");
  std::array<char, 96> rate{};
  std::snprintf(rate.data(), rate.size(), "%.1f s, %.0f events/s\n", seconds,
                seconds > 0 ? static_cast<double>(l.only_enqueues ? l.waiting : l.delivered) / seconds : 0.0);
  text += rate.data();
  return l.last_failure.empty() ? text : text + "last failure: " + terminal_line(l.last_failure) + '\n';
}

} // namespace sluice
