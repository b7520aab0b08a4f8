#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/event/uuid.hpp"
#include "core/persistence/dead_edit.hpp"
#include "server/administration/call.hpp"
#include "server/administration/history.hpp"
#include "server/administration/search_answer.hpp"
#include "server/administration/status_json.hpp"
#include "server/service.hpp"

namespace sluice {

/// What an administrator keeps between calls, also if it fails and another one takes over.
struct administration_state {
  jobs all_jobs{uuid_source{}.hex()};
  history samples;
  state_clock states;
};

/// What an administrator works with.
struct administrator_parts {
  administration_state& state;
  queue_admin& queue;
  /// Asks for the state of the system. The answer is given later, on the administrator's thread.
  ask_for_view look;
  /// Has batches delivered elsewhere. The answer (null: done) is given later, on the administrator's thread.
  std::function<void(const destination_call&, std::function<void(const error*)>)> redirect;
  /// What a status says besides; without the moment at which the state began.
  std::function<status_context()> context;
  /// Whether somebody may change something here, and jobs of other processes may be taken over.
  std::function<bool()> may_change;
  /// Takes a line that says what was changed.
  std::function<void(const std::string&)> log;
  /// Of dead letters that are edited.
  dead_edit_bounds most{};
};

/// The part of the administration that does what is asked, on a thread that may block. What takes long is done a page
/// at a time, so that other calls are answered in between.
class administrator {
public:
  using clock = jobs::clock;

  explicit administrator(administrator_parts parts) : parts_{std::move(parts)} {}

  /// Answers a call, or begins to.
  void take(admin_request, reply_hook, clock::time_point now);
  /// Does a page of what is under way.
  void work(clock::time_point now);
  /// When there is something to do next; nothing: when another call comes.
  std::optional<clock::time_point> next_turn(clock::time_point now) const;
  /// Adds a sample to the history, and tends the jobs of the queue.
  void sample(clock::time_point now);

  /// How long a call may look at dead letters.
  static constexpr std::chrono::seconds most_time_of_search{2};

private:
  struct search_under_way {
    dead_search search;
    reply_hook answer;
    clock::time_point until;
    std::unique_ptr<search_answer> found;
  };
  struct visitor;

  /// Looks at a page. Returns whether the search is over, and answered.
  bool search_on(search_under_way&, clock::time_point now);
  void say_end(const job&);

  administrator_parts parts_;
  std::deque<search_under_way> searches_;
  uuid_source ids_;
};

} // namespace sluice
