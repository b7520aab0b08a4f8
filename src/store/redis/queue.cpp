#include "store/redis/queue.hpp"

#include <algorithm>

#include "core/persistence/dead_cursor.hpp"
#include "core/wire/batch_id.hpp"
#include "store/note_bounds.hpp"
#include "store/redis/error.hpp"
#include "store/redis/listing.hpp"
#include "store/redis/owner.hpp"

namespace sluice {

namespace {

// Payloads that one call of a script is given.
constexpr std::size_t most_bytes_of_call = std::size_t{8} << 20;

} // namespace

result<std::size_t> count_redis_partitions(redis_connection& connection, const queue_options& o) {
  if (auto connected = connection.open(); !connected)
    return connected.error();
  const redis_keys keys{o};
  connection.add({"HMGET", keys.ctl(), "schema", "part", "partitions"});
  const auto answers = connection.run();
  if (!answers)
    return answers.error();
  const auto ctl = answers->front().value();
  if (ctl.is_error())
    return to_error(classify_redis_error(ctl.text()), ctl.text());
  constexpr std::int64_t most = 256;
  if (ctl.size() != 3 || ctl[0].is_nil())
    return no_queue(keys.queue());
  if (ctl[0].text() != redis_schema)
    return other_version(keys.queue());
  if (ctl[1].text() != "0")
    return error{errc::not_a_queue, "queue.name", keys.queue() + " is a partition of another queue"};
  if (ctl[2].text().find('>') != std::string_view::npos)
    return other_partitions(keys.queue(), ctl[2].text(), "");
  const auto partitions = ctl[2].integer().value_or(0);
  if (partitions < 1 || partitions > most)
    return answer_not_understood();
  return static_cast<std::size_t>(partitions);
}

redis_queue::redis_queue(std::shared_ptr<redis_connection> connection, const queue_options& o, std::size_t partition,
                         const redis_owner* owner)
    : connection_{std::move(connection)},
      partition_{partition}, owner_{owner}, keys_{o, partition}, ttl_{std::to_string(o.owner_ttl.count())} {}

result<store_stats> redis_queue::stats() {
  const auto reply = connection_->run_one(redis_script::stats, keys_, {ttl_});
  if (!reply)
    return reply.error();
  const auto stats = read_stats(reply->value());
  if (stats)
    return *stats;
  return partition_ == 0 ? result<store_stats>{no_queue(keys_.queue())} : store_stats{};
}

result<std::vector<dead_letter>> redis_queue::list_dead(const std::string& after, std::size_t limit) {
  auto place = parse_dead_cursor(after);
  if (!place)
    return place.error();
  std::vector<dead_letter> page;
  while (page.size() < limit) {
    const auto reply = connection_->run_one(
        redis_script::list_dead, keys_,
        {std::to_string(place->died.time_since_epoch().count()), place->id, std::to_string(limit - page.size())});
    if (!reply)
      return reply.error();
    const auto letters = read_dead_letters(reply->value());
    if (letters.empty())
      return page;
    page.insert(page.end(), letters.begin(), letters.end());
    place->died = page.back().died;
    place->id = page.back().id;
  }
  return page;
}

result<dead_letter> redis_queue::show_dead(const std::string& id) {
  const error unknown{errc::unknown_batch, "id", "no dead letter has the id " + id};
  if (!is_batch_id(id))
    return unknown;
  const auto reply = connection_->run_one(redis_script::show_dead, keys_, {id});
  if (!reply)
    return reply.error();
  const auto letters = read_dead_letters(reply->value());
  if (letters.empty())
    return unknown;
  auto letter = letters.front();
  connection_->add({"GET", keys_.body(id)});
  const auto body = connection_->run();
  if (!body)
    return body.error();
  const auto text = body->front().value();
  if (text.is_error())
    return to_error(classify_redis_error(text.text()), text.text());
  letter.payload = std::make_shared<const std::string>(text.text());
  return letter;
}

result<std::uint64_t> redis_queue::change_dead(redis_script script, const std::vector<std::string>& ids) {
  std::uint64_t events = 0;
  const auto change = [&](const std::vector<std::string_view>& some) -> result<void> {
    auto arguments = owner_ ? owner_->credentials() : std::vector<std::string_view>(3);
    arguments.emplace_back(ttl_);
    arguments.insert(arguments.end(), some.begin(), some.end());
    const auto reply = connection_->run_one(script, keys_, arguments, some);
    if (!reply)
      return reply.error();
    const auto answer = reply->value();
    if (answer.size() != 2)
      return answer_not_understood();
    events += static_cast<std::uint64_t>(answer[1].integer().value_or(0));
    return {};
  };
  for (std::size_t from = 0; from < ids.size(); from += redis_script_most) {
    const auto to = std::min(from + redis_script_most, ids.size());
    const auto done =
        change({ids.begin() + static_cast<std::ptrdiff_t>(from), ids.begin() + static_cast<std::ptrdiff_t>(to)});
    if (!done)
      return done.error();
  }
  if (!ids.empty())
    return events;
  const auto before = stats(); // what dies meanwhile is not meant
  if (!before)
    return before.error();
  for (std::vector<std::string> last; events < before->dead;) {
    const auto some = std::move(connection_->first_members({keys_.dead()}).front());
    if (!some)
      return some.error();
    if (*some == last) // nothing changes any more
      break;
    if (const auto done = change({some->begin(), some->end()}); !done)
      return done.error();
    last = *some;
  }
  return events;
}

result<std::uint64_t> redis_queue::replay_dead(const std::vector<std::string>& ids) {
  return change_dead(redis_script::replay, ids);
}

result<std::uint64_t> redis_queue::purge_dead(const std::vector<std::string>& ids) {
  return change_dead(redis_script::purge, ids);
}

result<void> redis_queue::replace_dead(const std::string& id, const batch_ptr& by) {
  const error unknown{errc::unknown_batch, "id", "no dead letter has the id " + id};
  if (!is_batch_id(id))
    return unknown;
  const auto events = std::to_string(by->events);
  const auto done =
      connection_->run_one(redis_script::replace_dead, keys_, {id, by->id, events, *by->payload}, {id, by->id});
  if (!done)
    return done.error();
  return done->value().integer() == 1 ? result<void>{} : unknown;
}

result<queue_page> redis_queue::list_batches(const std::string& after, std::size_t limit) {
  if (after.find_first_not_of("0123456789") != std::string::npos || after.size() > 20)
    return error{errc::unknown_batch, "after", "is no place in the queue"};
  const auto reply =
      connection_->run_one(redis_script::list_queue, keys_, {after.empty() ? "0" : after, std::to_string(limit)});
  if (!reply)
    return reply.error();
  const auto answer = reply->value();
  constexpr std::size_t members = 4;
  if (answer.size() % members != 1)
    return answer_not_understood();
  queue_page page;
  if (answer[0].text() != "0")
    page.next = answer[0].text();
  for (std::size_t i = 1; i < answer.size(); i += members)
    connection_->add({"GET", keys_.body(answer[i].text())});
  const auto bodies = connection_->run();
  if (!bodies)
    return bodies.error();
  for (std::size_t i = 1; i < answer.size(); i += members) {
    const auto text = (*bodies)[i / members].value();
    if (text.is_error())
      return to_error(classify_redis_error(text.text()), text.text());
    if (text.text().empty()) // it has gone meanwhile
      continue;
    page.batches.push_back({.content = std::make_shared<const batch>(
                                batch{.id = std::string{answer[i].text()},
                                      .events = static_cast<std::uint32_t>(answer[i + 1].integer().value_or(0)),
                                      .payload = std::make_shared<const std::string>(text.text())}),
                            .fence = static_cast<std::uint64_t>(answer[i + 2].integer().value_or(0)),
                            .in_flight = answer[i + 3].text() == "1"});
  }
  return page;
}

// The payloads go through the script: it must write only what it has found unchanged.
result<std::uint64_t> redis_queue::erase_events(const std::vector<erasure>& all) {
  std::uint64_t events = 0;
  for (auto next = all.begin(); next != all.end();) {
    std::vector<std::string> words;
    std::vector<std::string_view> ids;
    for (std::size_t bytes = 0; next != all.end() && ids.size() < redis_script_most && bytes < most_bytes_of_call;
         ++next) {
      const auto& [from, rest] = *next;
      ids.emplace_back(from.content->id);
      words.insert(words.end(), {from.content->id, std::to_string(from.fence), std::to_string(from.content->events),
                                 std::to_string(from.content->payload->size()), std::to_string(rest ? rest->events : 0),
                                 rest ? *rest->payload : ""});
      bytes += words.back().size();
    }
    const auto done = connection_->run_one(redis_script::erase, keys_, {words.begin(), words.end()}, ids);
    if (!done)
      return done.error();
    events += static_cast<std::uint64_t>(done->value().integer().value_or(0));
  }
  return events;
}

result<void> redis_queue::scrub() {
  return {}; // its files are the server's own
}

result<std::vector<queue_note>> redis_queue::notes(const std::string& prefix) {
  const auto reply = connection_->run_one(redis_script::notes, keys_, {prefix});
  if (!reply)
    return reply.error();
  const auto answer = reply->value();
  if (answer.size() % 2 != 0)
    return answer_not_understood();
  std::vector<queue_note> found;
  found.reserve(answer.size() / 2);
  for (std::size_t i = 0; i < answer.size(); i += 2)
    found.push_back({.name = std::string{answer[i].text()}, .text = std::string{answer[i + 1].text()}});
  std::sort(found.begin(), found.end(), [](const queue_note& a, const queue_note& b) { return a.name < b.name; });
  return found;
}

result<bool> redis_queue::put_note(const queue_note& note, const std::string& was) {
  if (auto fits = check_note(note); !fits)
    return fits.error();
  const auto reply =
      connection_->run_one(redis_script::put_note, keys_, {note.name, note.text, was, std::to_string(max_notes)});
  if (!reply)
    return reply.error();
  const auto word = reply->value().text();
  if (word == "absent")
    return no_queue(keys_.queue());
  if (word == "full")
    return too_many_notes();
  if (word != "put" && word != "other")
    return answer_not_understood();
  return word == "put";
}

result<void> redis_queue::set_paused(bool paused) {
  const auto done =
      connection_->run_one(redis_script::set_paused, keys_, {paused ? "1" : "0", partition_ == 0 ? "0" : "1"});
  if (!done)
    return done.error();
  return done->value().integer() == 1 ? result<void>{} : result<void>{no_queue(keys_.queue())};
}

} // namespace sluice
