#include "server/administration/live_streams.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "server/administration/answers.hpp"

namespace sluice {

// Lives as long as the answer to one of its questions is awaited, or the time to the next one.
class live_streams::stream : public std::enable_shared_from_this<stream> {
public:
  stream(responder to, admin_call_hook ask, std::function<bool()> may_listen)
      : to_{std::move(to)}, ask_{std::move(ask)}, may_listen_{std::move(may_listen)} {}

  void begin() {
    to_.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
              "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
              what_follows::more);
    ask_for_status();
  }

private:
  void ask_for_status() {
    if (!may_listen_()) {
      to_.write("", what_follows::close);
      return;
    }
    const bool taken = ask_({.call = status_call{}}, [self = shared_from_this()](const reply& r) {
      if (self->send("status", r.body))
        self->ask_for_jobs();
    });
    if (!taken)
      wait();
  }
  void ask_for_jobs() {
    const bool taken = ask_({.call = jobs_call{}}, [self = shared_from_this()](const reply& r) {
      if (r.body == self->jobs_ || self->send("jobs", self->jobs_ = r.body))
        self->wait();
    });
    if (!taken)
      wait();
  }
  bool send(std::string_view event, std::string_view data) const {
    return to_.write(std::string{"event: "}.append(event).append("\ndata: ").append(data).append("\n\n"),
                     what_follows::more);
  }
  void wait() {
    to_.call_after(pause, [self = shared_from_this()] { self->ask_for_status(); });
  }

  responder to_;
  admin_call_hook ask_;
  std::function<bool()> may_listen_;
  std::string jobs_;
};

void live_streams::begin(const responder& to, std::function<bool()> may_listen) const {
  if (*open_ >= most) {
    auto refusal = admin_failure(429, "too many listen already");
    refusal.headers.emplace_back("Retry-After", "60");
    return to.answer(std::move(refusal));
  }
  ++*open_;
  const std::shared_ptr<stream> one{new stream{to, ask_, std::move(may_listen)}, [open = open_](stream* s) {
                                      delete s;
                                      --*open;
                                    }};
  one->begin();
}

} // namespace sluice
