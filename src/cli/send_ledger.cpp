#include "cli/send_ledger.hpp"

#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace sluice {

namespace {

std::string line(const char* name, std::uint64_t count, const char* what) {
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), "  %-10s %12llu  %s\n", name, static_cast<unsigned long long>(count), what);
  return text.data();
}

} // namespace

void close_ledger(send_ledger& l, const shutdown_report& r) {
  l.accepted = r.accepted;
  l.delivered = r.delivered;
  l.dead = r.dead;
  l.waiting = r.stored;
  l.lost = r.lost;
}

std::string to_json(const send_ledger& l) {
  const nlohmann::ordered_json json{{"read", l.read},           {"accepted", l.accepted},  {"refused", l.refused},
                                    {"delivered", l.delivered}, {"dead", l.dead},          {"waiting", l.waiting},
                                    {"lost", l.lost},           {"recovered", l.recovered}};
  return json.dump();
}

std::string to_text(const send_ledger& l, double seconds) {
  std::string text =
      "ledger\n" + line("read", l.read, "events in the input") + line("refused", l.refused, "not valid, see above") +
      line("accepted", l.accepted, "= delivered + dead + waiting + lost") +
      line("delivered", l.delivered, "acknowledged by the data plane") + line("dead", l.dead, "given up, see above") +
      line("waiting", l.waiting, "kept for a later run") + line("lost", l.lost, "accepted, not delivered, not kept");
  if (l.recovered > 0)
    text += line("recovered", l.recovered, "left by an earlier run");
  std::array<char, 96> rate{};
  std::snprintf(rate.data(), rate.size(), "%.1f s, %.0f events/s\n", seconds,
                seconds > 0 ? static_cast<double>(l.delivered) / seconds : 0.0);
  return text + rate.data();
}

} // namespace sluice
