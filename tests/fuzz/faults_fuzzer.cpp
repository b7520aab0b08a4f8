// Scripts of faults: rules within their bounds, and replies that a client can read as far as the rule lets it.
#include <algorithm>
#include <string>

#include "cli/sink/faults/reader.hpp"
#include "cli/sink/reply.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "transport/http_answer.hpp"

using namespace sluice;

namespace {

void check_rule(const fault_rule& rule) {
  const auto& [when, effect, cuts_handshake] = rule;
  require(when.first >= 1 && when.first <= when.last, "requests are numbered from 1");
  require(when.rate >= 0 && when.rate <= 1, "a rate is a fraction");
  require(when.after >= std::chrono::milliseconds{0} && when.after < when.until, "a time ends after it has begun");
  require(effect.status >= 200 && effect.status <= 599, "a status is a final one");
  require(effect.latency >= std::chrono::milliseconds{0} && effect.slow_body >= std::chrono::milliseconds{0},
          "a wait is not negative");
  require(effect.headers.size() <= 32 && effect.body_bytes <= std::size_t{1} << 20, "a reply has a bound");
}

void check_reply(const fault& effect) {
  const auto reply = make_reply(effect, "{}", true);
  require(reply.at_once <= reply.bytes.size(), "no more is sent than there is");
  require(effect.cut == fault_cut::none || reply.close, "a cut closes the connection");
  if (effect.garbage || effect.cut != fault_cut::none)
    return;
  boost::beast::flat_buffer buffer;
  std::copy(reply.bytes.begin(), reply.bytes.end(), static_cast<char*>(buffer.prepare(reply.bytes.size()).data()));
  buffer.commit(reply.bytes.size());
  http_answer answer{std::size_t{16} << 20};
  answer.take(buffer);
  require(answer.status() == effect.status, "a reply has its status");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto script = parse_faults(text_of(data, size));
  require(script.errors.size() <= 100, "errors have a bound");
  if (!script.errors.empty())
    return 0;
  for (const auto& rule : script.rules) {
    check_rule(rule);
    check_reply(rule.effect);
  }
  const fault_script faults{script.rules, 7};
  for (const auto number : {1U, 2U, 1000U})
    (void)faults.on_request(number, std::chrono::milliseconds{number * 100});
  return 0;
}
