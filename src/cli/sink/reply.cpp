#include "cli/sink/reply.hpp"

#include <algorithm>

#include <strings.h>

namespace sluice {

namespace {

constexpr const char* garbage = "\x16\x03\x01 no HTTP \x7f\r\n\r\n";
// The size of a slow body if the fault has none: a body of two bytes would hardly be slow.
constexpr std::size_t slow_body_bytes = 64;

bool has_body(int status) {
  return status != 204 && status != 304;
}

std::string make_head(const fault& f, std::size_t body_size, bool keep_alive) {
  auto headers = f.headers;
  const auto add = [&](const char* name, const std::string& value) {
    if (std::none_of(headers.begin(), headers.end(),
                     [&](const auto& h) { return ::strcasecmp(h.first.c_str(), name) == 0; }))
      headers.emplace_back(name, value);
  };
  if (has_body(f.status)) {
    add("Content-Type", "application/json");
    add("Content-Length", std::to_string(body_size));
  }
  if (!keep_alive)
    add("Connection", "close");
  std::string head = "HTTP/1.1 " + std::to_string(f.status) + " \r\n";
  for (const auto& [name, value] : headers)
    head.append(name).append(": ").append(value).append("\r\n");
  return head + "\r\n";
}

} // namespace

sink_reply make_reply(const fault& f, std::string body, bool keep_alive) {
  sink_reply r{.latency = f.latency, .byte_every = f.slow_body, .close = !keep_alive || f.cut != fault_cut::none};
  if (f.cut == fault_cut::before || f.cut == fault_cut::after)
    return r;
  if (f.garbage) {
    r.bytes = garbage;
    r.at_once = r.bytes.size();
    r.close = true;
    return r;
  }
  // Spaces after JSON are valid.
  const auto filled = f.body_bytes == 0 && f.slow_body.count() > 0 ? slow_body_bytes : f.body_bytes;
  body.resize(has_body(f.status) ? std::max(body.size(), filled) : 0, ' ');
  r.bytes = make_head(f, body.size(), keep_alive);
  r.at_once = r.bytes.size();
  r.bytes += body;
  if (f.cut == fault_cut::inside)
    r.bytes.resize(r.bytes.size() / 2);
  r.at_once = f.slow_body.count() > 0 ? std::min(r.at_once, r.bytes.size()) : r.bytes.size();
  return r;
}

} // namespace sluice
