#include "support/catch.hpp"

#include <initializer_list>
#include <map>
#include <optional>

#include <sys/resource.h>
#include <sys/syscall.h>

#include "support/command_queue.hpp"
#include "support/http_server.hpp"
#include "support/traced_process.hpp"

using namespace sluice;
using namespace sluice::test;

// What a batch costs in system calls and in waits of threads: the command delivers a backlog out of a file, so that no
// producer and no clock paces it. What few batches cost is subtracted from what many cost, so that start and end do not
// count. Messages between actors are counted in `unit/actors/messages_test.cpp`, and commands in Redis in
// `unit/store/redis/store_test.cpp`.

namespace {

constexpr int few = 100, many = 600, events_of_batch = 20;

// A queue of so many batches, and a command that delivers them.
class backlog {
public:
  backlog(int batches, const std::string& url) : url_{url} {
    const auto done = queue_.call({"send", "--enqueue"}, options(), numbered_events("m", batches * events_of_batch));
    INFO(done.err);
    REQUIRE(done.status == 0);
  }

  std::vector<std::string> command() const {
    auto more = options();
    more.insert(more.end(), {"--write-key", "k", "--until-empty"});
    return queue_.words({"run"}, more);
  }

private:
  std::vector<std::string> options() const {
    return {"--url", url_, "--max-batch-events", std::to_string(events_of_batch), "--durability", "normal", "--quiet"};
  }

  const std::string url_;
  const command_queue queue_;
};

// How often a thread of a child that has ended began to wait.
std::size_t waits_of_children() {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  return static_cast<std::size_t>(used.ru_nvcsw);
}

double for_a_batch(std::size_t by_few, std::size_t by_many) {
  return (static_cast<double>(by_many) - static_cast<double>(by_few)) / (many - few);
}

double waits_of_batch(const std::string& url) {
  const auto of = [&](int batches) {
    const backlog b{batches, url};
    const auto before = waits_of_children();
    REQUIRE(run(b.command()).status == 0);
    return waits_of_children() - before;
  };
  const auto by_few = of(few);
  return for_a_batch(by_few, of(many));
}

// By number.
class system_calls {
public:
  explicit system_calls(const std::string& url) : few_{of(few, url)}, many_{of(many, url)} {}

  double of_batch(std::initializer_list<long> numbers) const {
    double cost = 0;
    for (const auto n : numbers)
      cost += for_a_batch(made(few_, n), made(many_, n));
    return cost;
  }
  double but_for(long number) const {
    double cost = -of_batch({number});
    for (const auto& [n, calls] : many_)
      cost += of_batch({n});
    return cost;
  }
  std::string words() const {
    std::string text;
    for (const auto& [n, calls] : many_)
      text += "system call " + std::to_string(n) + ": " + std::to_string(of_batch({n})) + "\n";
    return text;
  }

private:
  using counts = std::map<long, std::size_t>;

  static counts of(int batches, const std::string& url) {
    auto done = run_traced(backlog{batches, url}.command());
    REQUIRE(done.status == 0);
    return std::move(done.system_calls);
  }
  static std::size_t made(const counts& all, long number) {
    const auto i = all.find(number);
    return i == all.end() ? 0 : i->second;
  }

  counts few_, many_;
};

// How much gathers for a unit of work depends on other load as well: the first of some runs that is within the bound
// counts.
constexpr int runs = 3;

} // namespace

TEST_CASE("a thread waits no more than so often for a batch", "[e2e][costs]") {
  constexpr double most = 2.5;
  const http_server server;
  auto waits = waits_of_batch(server.url());
  for (int n = 1; n < runs && waits > most; ++n)
    waits = waits_of_batch(server.url());
  CHECK(waits <= most);
}

TEST_CASE("a batch costs no more than so many system calls", "[e2e][costs]") {
  constexpr double most_others = 15;
  const http_server server;
  std::optional<system_calls> calls{server.url()};
  for (int n = 1; n < runs && calls->but_for(SYS_futex) > most_others; ++n)
    calls.emplace(server.url());
  INFO(calls->words());
  // One request and its answer, on a connection that is kept.
  CHECK(calls->of_batch({SYS_sendmsg, SYS_sendto, SYS_write, SYS_writev}) < 1.5);
  CHECK(calls->of_batch({SYS_recvmsg, SYS_recvfrom, SYS_read, SYS_readv}) < 4.5);
  CHECK(calls->of_batch({SYS_connect}) < 0.1);
  // What several batches share.
  CHECK(calls->of_batch({SYS_timerfd_settime}) < 0.5);
  CHECK(calls->of_batch({SYS_fsync, SYS_fdatasync}) < 0.1);
  CHECK(calls->of_batch({SYS_futex}) < 16);
  CHECK(calls->but_for(SYS_futex) <= most_others);
}
