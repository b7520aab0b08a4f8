#include "support/catch.hpp"

#include <functional>
#include <map>
#include <sstream>

#include "core/persistence/group_commit.hpp"

using namespace sluice;

namespace {

constexpr store_time now{milliseconds{1'000'000}};

batch_ptr batch_named(const std::string& id, std::size_t bytes = 1) {
  return std::make_shared<const batch>(
      batch{.id = id, .events = 1, .payload = std::make_shared<const std::string>(bytes, 'x')});
}

/// One, with the pause that partitions have in common.
class commit_under_test : public group_commit {
public:
  explicit commit_under_test(const options& o, bool is_shared = false)
      : commit_under_test{o, is_shared, std::make_shared<queue_pause>(o.dead_letters.pause_after)} {}

  unit_of_work next(store_time at) const {
    std::vector<unit_of_work> units{group_commit::next(at)};
    pause_->limit(units);
    return units.front();
  }
  void resume() { pause_->resume(); }

private:
  commit_under_test(const options& o, bool is_shared, const std::shared_ptr<queue_pause>& pause)
      : group_commit{o, is_shared, "inc", pause}, pause_{pause} {}

  std::shared_ptr<queue_pause> pause_;
};

// -- what is expected, as text ----------------------------------------------------------------------------------------

std::string text(const lease& l) {
  return l.id + std::to_string(l.fence);
}

std::string text(const batch_ptr& b) {
  return b->id;
}
std::string text(const leased_batch& b) {
  return text(lease{b.content->id, b.fence});
}
std::string text(const batch_news& n) {
  static const std::map<batch_step, std::string> names{{batch_step::stored, "stored"},
                                                       {batch_step::delivered, "delivered"},
                                                       {batch_step::retried, "retried"},
                                                       {batch_step::dead, "dead"},
                                                       {batch_step::returned, "returned"}};
  return names.at(n.step) + ":" + n.content->id + (n.leased ? "+" : "");
}
std::string text(const settlement& s);

template <class List>
std::string list(const List& all) {
  std::string s;
  for (const auto& x : all)
    s += " " + text(x);
  return s;
}

std::string text(const settlement& s) {
  if (const auto* r = std::get_if<retain>(&s))
    return "retain(" + list(r->leases) + " )";
  if (const auto* x = std::get_if<extend>(&s))
    return "extend(" + list(x->leases) + " )";
  static const char* const names[] = {"ack", "nack", "defer", "bury", "release", "split"};
  return names[s.index()] + (":" + text(*lease_of(s)));
}

std::string text(const unit_of_work& u) {
  std::string s = list(u.settlements);
  if (!u.enqueues.empty())
    s += " enqueue(" + list(u.enqueues) + " )";
  if (u.slots > 0)
    s += " slots:" + std::to_string(u.slots);
  if (u.fingerprint)
    s += " fingerprint:" + *u.fingerprint;
  if (u.health)
    s += " health:" + u.health->last_failure;
  if (u.pause)
    s += *u.pause ? " pause" : " resume";
  if (u.in_order)
    s += " in-order";
  if (u.restores)
    s += " restores";
  for (const auto& id : u.look_for)
    s += " look-for:" + id;
  return s.empty() ? "" : s.substr(1);
}

std::string text(const effects& e) {
  std::string s = list(e.news);
  if (!e.over.empty())
    s += " over(" + list(e.over) + " )";
  if (!e.granted.empty())
    s += " deliver(" + list(e.granted) + " )";
  if (e.next_due)
    s += " due:" + (*e.next_due ? std::to_string((**e.next_due - now).count()) : "none");
  if (e.stale > 0)
    s += " stale:" + std::to_string(e.stale);
  if (e.went_back)
    s += " went-back";
  if (e.found)
    s += " found:" + std::to_string(e.found->found.size());
  if (e.resumed)
    s += " resumed";
  if (e.pause)
    s += e.pause->empty() ? " not-paused" : " paused";
  if (e.lost)
    s += " lost";
  if (!e.log.empty())
    s += " log:" + std::to_string(e.log.size());
  if (e.again)
    s += " again:" + std::to_string(e.again->count());
  return s.empty() ? "" : s.substr(1);
}

// -- what comes in ----------------------------------------------------------------------------------------------------

/// Changes the machine, and returns what it says.
using input = std::function<std::string(commit_under_test&)>;

/// Something arrives: the answer is the next unit of work.
template <class F>
input arrives(F change) {
  return [change](commit_under_test& m) {
    change(m);
    return text(m.next(now));
  };
}

input stores(std::vector<std::string> ids) {
  return arrives([ids](commit_under_test& m) {
    std::vector<batch_ptr> batches;
    for (const auto& id : ids)
      batches.push_back(batch_named(id));
    m.store(batches);
  });
}
input settles(settlement s) {
  return arrives([s](commit_under_test& m) { m.settle({s}); });
}
input pulls(std::size_t capacity, std::vector<leased_batch> leased = {}) {
  return arrives([=](commit_under_test& m) {
    m.set_attached(true);
    m.pull(capacity, leased);
  });
}

/// The store's answer to the next unit of work, as far as it differs from: all is applied and stored, none is granted.
struct answer {
  std::vector<settle_outcome> settled{};
  std::vector<enqueue_outcome> enqueued{};
  std::vector<leased_batch> granted{};
  std::optional<store_time> next_due{};
  bool paused = false;
  std::vector<store_burial> buried{};
  std::optional<store_time> resumed{};
};
input applies(answer a = {}, milliseconds later = milliseconds{0}) {
  return [a, later](commit_under_test& m) {
    const auto unit = m.next(now + later);
    work_done done{.settled = a.settled, .enqueued = a.enqueued, .granted = a.granted, .next_due = a.next_due};
    done.settled.resize(unit.settlements.size(), settle_outcome::applied);
    done.enqueued.resize(unit.enqueues.size(), enqueue_outcome::stored);
    done.paused = a.paused;
    done.buried = a.buried;
    done.resumed = a.resumed;
    done.found.resize(unit.look_for.size());
    return text(m.applied(unit, done));
  };
}
input fails(store_signal signal = store_signal::none, errc code = errc::store_failed, double unit_random = 0.0) {
  return [=](commit_under_test& m) {
    return text(m.failed(store_error{error{code, "", "away"}, signal}, unit_random));
  };
}
/// Nothing arrives.
const input looks = arrives([](commit_under_test&) {});

leased_batch leased(const std::string& id, std::uint64_t fence = 1) {
  return {.content = batch_named(id), .fence = fence};
}
bury burial(const std::string& id, int status = 422, std::uint64_t fence = 1) {
  return {.lease = {id, fence}, .why = {status, "refused"}};
}

struct step {
  input in;
  std::string out;
};

void run(commit_under_test& m, const std::vector<step>& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << i);
    CHECK(steps[i].in(m) == steps[i].out);
  }
}

commit_under_test machine(std::size_t pause_after = 20, bool is_shared = false, std::size_t max_in_flight = 8) {
  options o;
  o.max_in_flight = max_in_flight;
  o.dead_letters.pause_after = pause_after;
  return commit_under_test{o, is_shared};
}

/// One that has delivered nothing yet and has these leases.
commit_under_test machine_with(const std::vector<leased_batch>& leases, std::size_t pause_after = 20,
                               bool is_shared = false, std::size_t max_in_flight = 8) {
  auto m = machine(pause_after, is_shared, max_in_flight);
  m.store({});
  m.set_attached(true);
  m.pull(8, {});
  applies({.granted = leases})(m);
  return m;
}

} // namespace

TEST_CASE("what arrives is gathered into one unit of work", "[core][group commit]") {
  auto m = machine();
  run(m, {
             {stores({"a"}), "enqueue( a )"},
             {stores({"b"}), "enqueue( a b )"},
             {pulls(8), "retain( ) enqueue( a b ) slots:8"},
             {applies({.granted = {leased("a"), leased("b")}}), "stored:a+ stored:b+ deliver( a1 b1 )"},
             {settles(ack{{"a", 1}}), "ack:a1 slots:7"},
             {settles(nack{{"b", 1}}), "ack:a1 nack:b1 slots:8"},
             {applies({.next_due = now + milliseconds{50}}), "delivered:a retried:b over( a1 b1 ) due:50"},
             {looks, "slots:8"},
             {applies({.next_due = now + milliseconds{50}}), ""},
             {applies(), "due:none"},
         });
}

TEST_CASE("no lease is asked for before buffer and dispatcher have said what they have", "[core][group commit]") {
  auto m = machine();
  run(m, {
             {arrives([](commit_under_test& g) { g.set_capacity(8); }), ""},
             {arrives([](commit_under_test& g) { g.pull(8, {}); }), "retain( )"}, // of a dispatcher that is gone
             {stores({}), "retain( )"},
             {arrives([](commit_under_test& g) { g.set_attached(true); }), "retain( ) slots:8"},
             {arrives([](commit_under_test& g) { g.set_capacity(0); }), "retain( )"},
         });
}

TEST_CASE("how deliveries go is said once, with a unit of work that is applied", "[core][group commit]") {
  auto m = machine();
  run(m, {
             {arrives([](commit_under_test& g) { g.note_health({.suspended = "", .last_failure = "500"}); }),
              "health:500"},
             {fails(), "log:1 again:100"},
             {arrives([](commit_under_test& g) { g.note_health({.suspended = "", .last_failure = "503"}); }),
              "retain( ) health:503"},
             {applies(), ""},
             {looks, ""},
         });
}

TEST_CASE("one delivery at a time keeps the order, but not in a shared queue without one", "[core][group commit]") {
  options o;
  o.max_in_flight = 1;
  CHECK(commit_under_test{o}.next(now).in_order);
  CHECK(!commit_under_test{o, true}.next(now).in_order);
  o.max_in_flight = 2;
  CHECK(!commit_under_test{o}.next(now).in_order);
  o.ordering = delivery_order::per_user;
  CHECK(commit_under_test{o}.next(now).in_order);
  CHECK(commit_under_test{o, true}.next(now).in_order);
}

TEST_CASE("a unit of work has a bound, and the rest follows at once", "[core][group commit]") {
  auto m = machine();
  for (std::size_t i = 0; i <= group_commit::max_enqueues; ++i)
    m.store({batch_named("b" + std::to_string(i))});
  CHECK(m.next(now).enqueues.size() == group_commit::max_enqueues);
  CHECK(applies()(m).find("again:0") != std::string::npos);
  CHECK(text(m.next(now)) == "enqueue( b64 )");
  CHECK(m.waiting() == 1);
  applies()(m);
  m.store({batch_named("large", group_commit::max_enqueued_bytes + 1), batch_named("next")});
  CHECK(text(m.next(now)) == "enqueue( large )");
}

TEST_CASE("a batch that finds no room keeps its place and is tried again later", "[core][group commit]") {
  auto m = machine();
  run(m, {
             {stores({"a", "b", "c"}), "enqueue( a b c )"},
             {applies({.enqueued = {enqueue_outcome::stored, enqueue_outcome::backlog_full,
                                    enqueue_outcome::backlog_full}}),
              "stored:a again:1000"},
             {stores({"d"}), "enqueue( b c d )"},
             {applies(), "stored:b stored:c stored:d"},
             {arrives([](commit_under_test& g) {
                g.store({batch_named("large", group_commit::max_enqueued_bytes), batch_named("small")});
              }),
              "enqueue( large )"},
             {applies({.enqueued = {enqueue_outcome::backlog_full}}), "again:1000"},
             {looks, "enqueue( large )"},
         });
}

TEST_CASE("what the store does not take is delivered from memory while nothing else can be", "[core][group commit]") {
  const auto no_room = enqueue_outcome::backlog_full;
  auto m = machine_with({});
  m.set_capacity(24); // of leases
  run(m, {
             {stores({"a", "b", "c"}), "enqueue( a b c ) slots:24"},
             {applies({.enqueued = {no_room, no_room, no_room}}), "deliver( a0 b0 c0 ) again:1000"},
             {looks, "slots:21"}, // they must not be stored while they are under way
             {settles(ack{{"a", 0}}), "ack:a0 slots:22"},
             {settles(nack{{"b", 0}, milliseconds{20}}), "ack:a0 nack:b0 slots:23"},
             {settles(burial("c", 422, from_memory)), "ack:a0 nack:b0 bury:c0 slots:24"},
             {applies({.settled = {settle_outcome::gone, settle_outcome::gone, settle_outcome::stale}}),
              "delivered:a retried:b returned:c over( a0 b0 c0 ) again:0"},
             {looks, "enqueue( b c ) slots:24"},
             {applies({.enqueued = {no_room, no_room}}), "again:1000"}, // the retry of b is not due yet
             {applies({.enqueued = {no_room, no_room}}, milliseconds{20}), "deliver( b0 ) again:1000"},
             {settles(release{{"b", 0}}), "release:b0 enqueue( c ) slots:24"},
             {applies({.settled = {settle_outcome::gone}}), "stored:c returned:b over( b0 ) again:0"},
             {applies(), "stored:b"},
         });
}

TEST_CASE("no more is delivered from memory than is posted at a time", "[core][group commit]") {
  const auto no_room = enqueue_outcome::backlog_full;
  auto m = machine_with({}, 20, false, 2);
  m.set_capacity(16); // of leases
  run(m, {
             {stores({"a", "b", "c"}), "enqueue( a b c ) slots:16"},
             {applies({.enqueued = {no_room, no_room, no_room}}), "deliver( a0 b0 ) again:1000"},
             {looks, "enqueue( c ) slots:14"},
             {applies({.enqueued = {no_room}}), "again:1000"},
             {settles(ack{{"a", 0}}), "ack:a0 enqueue( c ) slots:15"},
             {applies({.settled = {settle_outcome::gone}, .enqueued = {no_room}}),
              "delivered:a over( a0 ) deliver( c0 ) again:1000"},
         });
}

TEST_CASE("slow attempts, ahead of which little is leased, are as many at a time from memory", "[core][group commit]") {
  const auto no_room = enqueue_outcome::backlog_full;
  auto m = machine_with({});
  m.set_capacity(3); // of leases, each of which is posted
  run(m, {
             {stores({"a", "b", "c"}), "enqueue( a b c ) slots:3"},
             {applies({.enqueued = {no_room, no_room, no_room}}), "deliver( a0 b0 c0 ) again:1000"},
         });
}

TEST_CASE("nothing is delivered from memory that could overtake, in order, while paused, or beyond the capacity",
          "[core][group commit]") {
  const auto no_room = enqueue_outcome::backlog_full;
  SECTION("the store has older batches") {
    auto m = machine_with({});
    m.set_capacity(2);
    run(m, {
               {stores({"a", "b"}), "enqueue( a b ) slots:2"},
               {applies({.enqueued = {no_room, no_room}, .granted = {leased("x")}}), "deliver( x1 a0 ) again:1000"},
               {looks, "enqueue( b )"},
           });
  }
  SECTION("the order is kept") {
    options o;
    o.max_in_flight = 1;
    commit_under_test m{o};
    m.store({});
    pulls(1)(m);
    applies()(m);
    run(m, {
               {stores({"a"}), "enqueue( a ) slots:1 in-order"},
               {applies({.enqueued = {no_room}}), "again:1000"},
           });
  }
  SECTION("other processes deliver") {
    options o;
    o.queue.enqueue_only = true;
    commit_under_test m{o};
    m.store({});
    pulls(8)(m);
    applies()(m);
    run(m, {
               {stores({"a"}), "enqueue( a )"},
               {applies({.enqueued = {no_room}}), "again:1000"},
           });
  }
  SECTION("the queue is paused") {
    auto m = machine_with({});
    run(m, {
               {stores({"a"}), "enqueue( a ) slots:8"},
               {applies({.enqueued = {no_room}, .paused = true}), "paused log:1 again:0"},
           });
  }
}

TEST_CASE("a new persister does not store what is on its way from memory, and restores only what was stored",
          "[core][group commit]") {
  auto m = machine();
  m.store({batch_named("a"), batch_named("b")});
  run(m, {
             {pulls(8, {leased("a", 0), leased("b", 0), leased("c")}), "retain( a0 b0 c1 ) slots:5"},
             {settles(ack{{"a", 0}}), "retain( a0 b0 c1 ) ack:a0 slots:6"},
             {fails(store_signal::went_back), "went-back log:1 again:100"},
             {applies(), "again:0"},
             {looks, "retain( a0 b0 c1 ) ack:a0 slots:6"},
             {applies({.settled = {settle_outcome::applied, settle_outcome::gone}}), "delivered:a over( a0 )"},
             {looks, "slots:6"},
         });
}

TEST_CASE("an operator's word to resume is passed on once, also if the queue is not paused", "[core][group commit]") {
  auto m = machine();
  run(m, {
             {applies({.resumed = now}), ""}, // before this process began
             {applies({.resumed = now}), ""},
             {applies({.resumed = now + milliseconds{1}}), "resumed"},
             {applies({.resumed = now + milliseconds{1}}), ""},
             {applies({.paused = true}), "paused log:1 again:0"},
             {applies({.resumed = now + milliseconds{2}}), "resumed not-paused log:1 again:0"},
         });
}

TEST_CASE("a unit of unknown outcome is sent again, and leases that nobody heard of go back", "[core][group commit]") {
  auto m = machine_with({leased("a")});
  run(m, {
             {stores({"b"}), "enqueue( b ) slots:7"},
             {settles(ack{{"a", 1}}), "ack:a1 enqueue( b ) slots:8"},
             {fails(), "log:1 again:100"},
             {looks, "retain( a1 ) ack:a1 enqueue( b ) slots:8"},
             {fails(), "again:200"}, // one line is enough
             {fails(), "again:400"},
             {fails(), "again:800"},
             {fails(), "again:1000"},
             {fails(store_signal::none, errc::store_failed, 1.0), "again:500"},
             {applies({.granted = {leased("b", 2)}}), "stored:b+ delivered:a over( a1 ) deliver( b2 )"},
             {looks, "slots:7"},
             {fails(), "log:1 again:100"},
         });
}

TEST_CASE("what the dispatcher says it holds takes the place of what is known", "[core][group commit]") {
  auto m = machine_with({leased("a"), leased("b")});
  run(m, {
             {fails(), "log:1 again:100"},
             {pulls(4, {leased("b")}), "retain( b1 ) slots:3"}, // one `retain` is enough
             {applies(), "returned:a"},
             {arrives([](commit_under_test& g) { g.extend_leases(); }), "extend( b1 ) slots:3"},
             {fails(), "log:1 again:100"},
             {looks, "retain( b1 ) extend( b1 ) slots:3"}, // it is still due
             {applies(), ""},
             {looks, "slots:3"},
         });
}

TEST_CASE("a settlement that comes with an older report of leases ends its lease", "[core][group commit]") {
  auto m = machine();
  m.store({});
  run(m, {
             {pulls(4, {leased("a")}), "retain( a1 ) slots:3"},
             {settles(ack{{"a", 1}}), "retain( a1 ) ack:a1 slots:4"},
             {pulls(4), "retain( a1 ) ack:a1 retain( ) slots:4"},
             {applies(), "delivered:a over( a1 )"},
         });
}

TEST_CASE("a batch that was stored by a unit whose answer got lost is reported when it is granted",
          "[core][group commit]") {
  auto m = machine_with({});
  for (std::size_t i = 0; i < group_commit::max_enqueues; ++i)
    m.store({batch_named("b" + std::to_string(i))});
  m.store({batch_named("late")});
  const auto said = applies({.granted = {leased("late")}})(m);
  CHECK(said.find("stored:late+") != std::string::npos);
  CHECK(m.waiting() == 0);
}

TEST_CASE("a store that went back gets the leased batches again, alone, before anything else", "[core][group commit]") {
  auto m = machine_with({leased("a"), leased("b"), leased("c")});
  run(m, {
             {settles(ack{{"a", 1}}), "ack:a1 slots:6"},
             {stores({"d"}), "ack:a1 enqueue( d ) slots:6"},
             {fails(store_signal::went_back), "went-back log:1 again:100"},
             {looks, "enqueue( b c ) restores"}, // what is acknowledged need not come back
             {fails(), "again:200"},
             {looks, "enqueue( b c ) restores"},
             {applies(), "again:0"},
             {looks, "retain( a1 b1 c1 ) ack:a1 enqueue( d ) slots:6"},
             {applies(), "stored:d delivered:a over( a1 )"},
         });
}

TEST_CASE("leased batches are restored until the store has taken all of them", "[core][group commit]") {
  auto m = machine_with({leased("a"), leased("b")});
  run(m, {
             {fails(store_signal::went_back), "went-back log:1 again:100"},
             {applies({.enqueued = {enqueue_outcome::stored, enqueue_outcome::backlog_full}}), "again:1000"},
             {settles(nack{{"b", 1}}), "enqueue( a b ) restores"},
             {settles(ack{{"a", 1}}), "enqueue( b ) restores"},
             {applies(), "again:0"},
             {looks, "retain( a1 b1 ) nack:b1 ack:a1 slots:8"},
         });
}

TEST_CASE("a batch that is gone though nothing has ended it is restored", "[core][group commit]") {
  for (const settlement& s : {settlement{nack{{"a", 1}}}, settlement{defer{{"a", 1}}}, settlement{release{{"a", 1}}},
                              settlement{burial("a")}, settlement{split{{"a", 1}}}}) {
    auto m = machine_with({leased("a")});
    settles(s)(m);
    run(m, {
               {applies({.settled = {settle_outcome::gone}}), "returned:a over( a1 ) log:1 again:0"},
               {looks, "enqueue( a ) restores"},
               {applies({.enqueued = {enqueue_outcome::backlog_full}}), "log:1 again:1000"},
               {looks, "enqueue( a ) restores"},
               {applies(), "again:0"},
               {looks, "retain( ) slots:8"},
           });
  }
}

TEST_CASE("a split that is gone when it is repeated was made before", "[core][group commit]") {
  auto m = machine_with({leased("a")});
  run(m, {
             {settles(split{{"a", 1}}), "split:a1 slots:8"},
             {fails(), "log:1 again:100"},
             {applies({.settled = {settle_outcome::applied, settle_outcome::gone}}), "returned:a over( a1 )"},
             {looks, "slots:8"},
         });
}

TEST_CASE("in a shared queue what is gone may have been ended by another process", "[core][group commit]") {
  auto m = machine_with({leased("a"), leased("b"), leased("c")}, 20, true);
  run(m,
      {
          {settles(nack{{"a", 1}}), "nack:a1 slots:6"},
          {settles(ack{{"b", 1}}), "nack:a1 ack:b1 slots:7"},
          {applies({.settled = {settle_outcome::gone, settle_outcome::gone}}), "returned:a returned:b over( a1 b1 )"},
          {settles(ack{{"c", 1}}), "ack:c1 slots:8"},
          {fails(), "log:1 again:100"},
          {applies({.settled = {settle_outcome::applied, settle_outcome::gone}}), "delivered:c over( c1 )"},
      });
}

TEST_CASE("an acknowledgement that an earlier persister may have sent is one that is repeated",
          "[core][group commit]") {
  auto m = machine_with({}, 20, true);
  run(m, {
             {pulls(8, {leased("a"), leased("b")}), "retain( a1 b1 ) slots:6"},
             {settles(ack{{"a", 1}}), "retain( a1 b1 ) ack:a1 slots:7"},
             {applies({.settled = {settle_outcome::applied, settle_outcome::gone}}), "delivered:a over( a1 )"},
             {settles(nack{{"b", 1}}), "nack:b1 slots:8"},
             {applies({.settled = {settle_outcome::gone}}), "returned:b over( b1 )"},
         });
}

TEST_CASE("a lease that the dispatcher does not report goes back", "[core][group commit]") {
  auto m = machine_with({leased("a"), leased("b")}, 20, true);
  run(m, {
             {pulls(4, {leased("b")}), "retain( b1 ) slots:3"},
             {applies(), "returned:a"},
         });
}

TEST_CASE("what the buffer looks for is asked until it is answered, and behind what is restored",
          "[core][group commit]") {
  const auto asks = [](std::uint64_t number, std::vector<std::string> ids) {
    return arrives([=](commit_under_test& g) { g.look({number, ids}); });
  };
  auto m = machine_with({leased("a")});
  run(m, {
             {asks(1, {"x", "y"}), "slots:7 look-for:x look-for:y"},
             {fails(store_signal::went_back), "went-back log:1 again:100"},
             {looks, "enqueue( a ) restores"},
             {asks(2, {"z"}), "enqueue( a ) restores"},
             {applies(), "again:0"},
             {looks, "retain( a1 ) slots:7 look-for:z"},
             {applies(), "found:1"},
             {looks, "slots:7"},
         });
}

TEST_CASE("nothing is looked for before the dispatcher has said what it acknowledges", "[core][group commit]") {
  auto m = machine_with({leased("a")});
  run(m, {
             {arrives([](commit_under_test& g) {
                g.set_attached(false);
                g.look({1, {"x"}});
              }),
              ""},
             {applies(), ""},
             {arrives([](commit_under_test& g) { g.set_attached(true); }), "slots:7 look-for:x"},
             {applies(), "found:1"},
         });
}

TEST_CASE("a batch that was stored unheard, then refused and granted in one answer, is stored",
          "[core][group commit]") {
  auto m = machine_with({});
  run(m,
      {
          {stores({"a"}), "enqueue( a ) slots:8"},
          {fails(), "log:1 again:100"},
          {applies({.enqueued = {enqueue_outcome::backlog_full}, .granted = {leased("a")}}), "stored:a+ deliver( a1 )"},
          {looks, "slots:7"},
      });
}

TEST_CASE("what the store has buried by itself is reported", "[core][group commit]") {
  auto m = machine_with({});
  run(m, {{applies({.buried = {{"a", 3, {0, "poison"}}}}), "dead:a log:1"}});
}

TEST_CASE("a queue that is not ours ends everything", "[core][group commit]") {
  for (const auto code : {errc::queue_taken, errc::not_a_queue, errc::other_destination}) {
    auto m = machine();
    run(m, {{fails(store_signal::none, code), "lost"}});
  }
}

TEST_CASE("a settlement that comes too late is counted, and changes nothing", "[core][group commit]") {
  auto m = machine_with({leased("a"), leased("b"), leased("c", 2)});
  run(m, {
             {settles(nack{{"a", 1}}), "nack:a1 slots:6"},
             {settles(ack{{"b", 1}}), "nack:a1 ack:b1 slots:7"},
             {settles(ack{{"c", 1}}), "nack:a1 ack:b1 ack:c1 slots:7"}, // of an earlier lease
             {applies({.settled = {settle_outcome::stale, settle_outcome::gone, settle_outcome::stale}}),
              "returned:a delivered:b over( a1 b1 c1 ) stale:1"},
             {looks, "slots:7"},
         });
}

TEST_CASE("a deferred batch counts no attempt, a released one neither", "[core][group commit]") {
  auto m = machine_with({leased("a"), leased("b")});
  run(m, {
             {settles(defer{{"a", 1}}), "defer:a1 slots:7"},
             {settles(release{{"b", 1}}), "defer:a1 release:b1 slots:8"},
             {applies(), "returned:a returned:b over( a1 b1 )"},
         });
}

TEST_CASE("a dead letter is reported, one without room is retried", "[core][group commit]") {
  auto m = machine_with({leased("a"), leased("b")});
  run(m, {
             {settles(burial("a")), "bury:a1 slots:7"},
             {settles(burial("b")), "bury:a1 bury:b1 slots:8"},
             {applies({.settled = {settle_outcome::applied, settle_outcome::no_room}}),
              "dead:a retried:b over( a1 b1 ) log:2"},
         });
}

TEST_CASE("too many burials in a row pause the queue, until it is resumed", "[core][group commit]") {
  auto m = machine_with({leased("a"), leased("b"), leased("c")}, 2);
  run(m, {
             {settles(burial("a")), "bury:a1 slots:6"},
             {settles(burial("b")), "bury:a1 bury:b1 slots:7"},
             {settles(burial("c")), "bury:a1 bury:b1 release:c1 slots:8"},
             {applies(), "dead:a dead:b returned:c over( a1 b1 c1 ) paused log:3 again:0"},
             {looks, "pause"},
             {fails(), "log:1 again:100"},
             {looks, "retain( ) pause"},
             {applies({.paused = true}), ""},
             {looks, ""},
             {arrives([](commit_under_test& g) { g.resume(); }), "resume"},
             {fails(), "log:1 again:100"},
             {applies(), "not-paused log:1 again:0"},
             {looks, "slots:8"},
         });
}

TEST_CASE("a pause that another process began or ended is noticed once", "[core][group commit]") {
  auto m = machine_with({});
  run(m, {
             {applies({.paused = true}), "paused log:1 again:0"},
             {applies({.paused = true}), ""},
             {looks, "slots:8"}, // the store knows
             {applies(), "not-paused log:1 again:0"},
             {applies(), ""},
         });
}

TEST_CASE("a new destination is told until the store knows it", "[core][group commit]") {
  auto m = machine();
  run(m, {
             {arrives([](commit_under_test& g) { g.redirect("two"); }), "fingerprint:two"},
             {fails(), "log:1 again:100"},
             {looks, "retain( ) fingerprint:two"},
             {applies(), ""},
             {looks, ""},
         });
}
