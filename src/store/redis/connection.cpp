#include "store/redis/connection.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/config/endpoint.hpp"
#include "core/config/url_host.hpp"
#include "core/printable.hpp"
#include "store/redis/error.hpp"

namespace sluice {

namespace {

std::vector<redis_node> guides_of(const redis_options& o) {
  const bool is_cluster = !o.cluster.nodes.empty();
  const auto& list = is_cluster ? o.cluster.nodes : o.sentinel.nodes;
  if (list.empty())
    return {};
  auto nodes = parse_redis_nodes(list, is_cluster ? cluster_nodes : sentinel_nodes);
  return nodes ? std::move(*nodes) : std::vector<redis_node>{}; // options that are valid have some
}

// Whether it may be a name or an address, IPv6 too. Errors will show it.
bool is_server_name(std::string_view text) {
  constexpr std::size_t longest = 255;
  const auto is_part = [](char c) { return c == ':' || is_host_name(std::string_view{&c, 1}); };
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), is_part);
}

// Returns the server that `MOVED 3999 127.0.0.1:6381` names; without a host it is another port of the one that says so.
std::optional<redis_node> moved_to(std::string_view text, const redis_node& from) {
  const auto begin = text.rfind(' '), colon = text.rfind(':');
  if (!text.starts_with("MOVED ") || colon == std::string_view::npos || colon < begin)
    return std::nullopt;
  const auto host = text.substr(begin + 1, colon - begin - 1), port = text.substr(colon + 1);
  if (!is_port(port) || (!host.empty() && !is_server_name(host)))
    return std::nullopt;
  return redis_node{host.empty() ? from.host : std::string{host}, std::stoi(std::string{port})};
}

// The value of `name:` in the text of INFO.
std::string info(std::string_view text, std::string_view name) {
  const auto begin = text.find(name);
  if (begin == std::string_view::npos)
    return {};
  const auto value = text.substr(begin + name.size());
  return std::string{value.substr(0, value.find('\r'))};
}

} // namespace

redis_connection::time_limit::time_limit(redis_connection& c, milliseconds limit)
    : connection_{c}, before_{c.deadline_} {
  c.deadline_ = std::min(before_, clock::now() + limit);
}

redis_connection::redis_connection(redis_options options, std::string key, log_hook log,
                                   std::shared_ptr<redis_absent_servers> absent)
    : options_{std::move(options)}, key_{std::move(key)}, log_{std::move(log)}, absent_{std::move(absent)},
      guides_{guides_of(options_)}, socket_{options_.tls, [this] { return deadline(); }} {}

result<void> redis_connection::open() {
  if (gathered_ > 0 ? is_open() : is_still_open())
    return {};
  const time_limit limit{*this, options_.connect};
  for (auto step : {&redis_connection::connect, &redis_connection::authenticate, &redis_connection::load_scripts,
                    &redis_connection::look_around})
    if (auto done = (this->*step)(); !done) {
      note_absent(done.error());
      close();
      return done;
    }
  ++times_connected_;
  return {};
}

bool redis_connection::is_still_open() {
  if (replies_ && !socket_.is_quiet())
    close();
  return is_open();
}

void redis_connection::close() noexcept {
  socket_.close();
  replies_.reset();
  commands_.clear();
  gathered_ = 0;
}

bool redis_connection::leave_server() noexcept {
  close();
  return !guides_.empty();
}

void redis_connection::end_by(clock::time_point t) noexcept {
  const auto sooner = t.time_since_epoch().count();
  for (auto now = last_moment_.load(); sooner < now && !last_moment_.compare_exchange_weak(now, sooner);) {
  }
}

redis_connection::clock::time_point redis_connection::deadline() const {
  return std::min(deadline_, clock::time_point{clock::duration{last_moment_.load()}});
}

result<void> redis_connection::connect() {
  if (guides_.empty())
    return reach("Redis", {options_.host, options_.port});
  const auto server = find_server();
  return server ? reach("Redis", *server) : result<void>{server.error()};
}

result<void> redis_connection::reach(const char* kind, const redis_node& to) {
  const bool by_path = !options_.unix_socket.empty();
  peer_ = std::string{kind} + " at " + (by_path ? options_.unix_socket : to.host + ":" + std::to_string(to.port));
  if (const auto* why = absent_ ? absent_->find(peer_) : nullptr)
    return *why;
  const auto done = by_path ? socket_.connect(options_.unix_socket) : socket_.connect(to.host, to.port);
  if (!done)
    return failure("cannot connect: ", done.error());
  replies_.emplace();
  return {};
}

result<redis_node> redis_connection::find_server() {
  error why{errc::store_failed, "persistence", "no server is named"};
  for (std::size_t i = 0; i < guides_.size(); ++i) {
    // One that does not answer leaves time for the others.
    const auto left = std::chrono::ceil<milliseconds>(deadline() - clock::now());
    const time_limit share{*this, left / static_cast<int>(guides_.size() - i)};
    auto server = is_cluster() ? ask_cluster(guides_[i]) : ask_sentinel(guides_[i]);
    if (server) {
      std::rotate(guides_.begin(), guides_.begin() + static_cast<std::ptrdiff_t>(i),
                  guides_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      return server;
    }
    note_absent(server.error());
    // An answer says more than that a server is away.
    if (i == 0 || why.field == "persistence" || why.field == "redis.host")
      why = server.error();
  }
  return why;
}

// Any node says where a key is, so that no table of slots is needed.
result<redis_node> redis_connection::ask_cluster(redis_node node) {
  constexpr int hops = 5;
  for (int i = 0; i < hops; ++i) {
    if (auto reached = reach("Redis", node); !reached)
      return reached.error();
    add_credentials(options_.username, options_.password);
    add({"CLUSTER", "MYID"}); // which is refused by what is no node of a cluster
    add({"EXISTS", key_});
    const auto answers = run();
    if (!answers)
      return answers.error();
    const auto where = answers->back().value();
    for (std::size_t a = 0; a + 1 < answers->size(); ++a)
      if (const auto said = (*answers)[a].value(); said.is_error()) {
        const auto text = printable(said.text(), options_.password);
        return text.find("cluster support disabled") != std::string::npos
                   ? failure("", {errc::store_failed, cluster_nodes.option, "it is no node of a Redis Cluster"})
                   : to_error(classify_redis_error(text), text);
      }
    // A slot that is on its way is served by the node that it leaves, until all of it has moved.
    if (!where.is_error() || where.text().starts_with("ASK "))
      return node;
    const auto next = moved_to(where.text(), node);
    if (!next)
      return failure("", to_error(classify_redis_error(where.text()), printable(where.text(), options_.password)));
    node = *next;
  }
  return failure("", {errc::store_failed, cluster_nodes.option, "the nodes do not agree on where the queue is"});
}

result<redis_node> redis_connection::ask_sentinel(const redis_node& sentinel) {
  if (auto reached = reach("Sentinel", sentinel); !reached)
    return reached.error();
  add_credentials(options_.sentinel.username, options_.sentinel.password);
  add({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", options_.sentinel.master});
  const auto answers = run();
  if (!answers)
    return answers.error();
  for (const auto& a : *answers)
    if (const auto said = a.value(); said.is_error()) {
      const bool refused = classify_redis_error(said.text()) == redis_trouble::not_permitted;
      return failure("says: ", {errc::store_failed, refused ? "redis.sentinel.password" : "redis.sentinel.nodes",
                                printable(said.text(), options_.sentinel.password)});
    }
  const auto master = answers->back().value();
  if (master.is_nil())
    return failure("", {errc::store_failed, "redis.sentinel.master", "it knows no master " + options_.sentinel.master});
  const auto port = master.size() == 2 ? master[1].integer().value_or(0) : 0;
  if (port < 1 || port > 65'535 || !is_server_name(master[0].text()))
    return failure("", answer_not_understood());
  return redis_node{std::string{master[0].text()}, static_cast<int>(port)};
}

void redis_connection::add_credentials(const std::string& username, const std::string& password) {
  if (!username.empty())
    add({"AUTH", username, password});
  else if (!password.empty())
    add({"AUTH", password});
}

result<void> redis_connection::authenticate() {
  add_credentials(options_.username, options_.password);
  add({"SELECT", std::to_string(options_.db)});
  const bool has_sentinels = !options_.sentinel.nodes.empty();
  if (has_sentinels)
    add({"ROLE"});
  const auto answers = run();
  if (!answers)
    return answers.error();
  for (const auto& a : *answers)
    if (a.value().is_error()) // some say the words of a command again
      return to_error(classify_redis_error(a.value().text()), printable(a.value().text(), options_.password));
  const auto role = answers->back().value();
  if (has_sentinels && (role.size() == 0 || role[0].text() != "master"))
    return failure("", {errc::store_failed, "persistence", "it is no master; a failover may be under way"});
  return {};
}

result<void> redis_connection::load_scripts() {
  for (const auto& script : redis_scripts)
    add({"SCRIPT", "LOAD", script.text});
  const auto answers = run();
  if (!answers)
    return answers.error();
  for (std::size_t i = 0; i < hashes_.size(); ++i) {
    const auto answer = (*answers)[i].value();
    if (answer.is_error())
      return to_error(classify_redis_error(answer.text()), answer.text());
    hashes_[i] = answer.text();
  }
  ++times_loaded_;
  return {};
}

// It is not necessary: a user of Redis may not be permitted to.
result<void> redis_connection::look_around() {
  add({"INFO", "memory"});
  const auto answers = run();
  if (!answers)
    return answers.error();
  const auto policy = info(answers->front().value().text(), "\nmaxmemory_policy:");
  if (!policy.empty() && policy != "noeviction" && log_ && !std::exchange(policy_warned_, true))
    log_(log_level::warning, peer_ + " has the maxmemory-policy " + printable(policy, "") +
                                 " and may evict events that wait; it should be noeviction");
  return {};
}

void redis_connection::add(std::initializer_list<std::string_view> command) {
  add(std::vector<std::string_view>{command});
}

void redis_connection::add(const std::vector<std::string_view>& command) {
  if (!replies_)
    return;
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  words.reserve(command.size());
  sizes.reserve(command.size());
  for (const auto word : command) {
    words.push_back(word.data() ? word.data() : "");
    sizes.push_back(word.size());
  }
  char* text = nullptr;
  const auto size = redisFormatCommandArgv(&text, static_cast<int>(words.size()), words.data(), sizes.data());
  if (size <= 0) // for want of memory; then `run` fails
    return close();
  commands_.append(text, static_cast<std::size_t>(size));
  redisFreeCommand(text);
  ++gathered_;
}

void redis_connection::call(redis_script script, const redis_keys& keys, const std::vector<std::string_view>& arguments,
                            const std::vector<std::string_view>& batches) {
  std::vector<std::string> bodies;
  bodies.reserve(batches.size());
  for (const auto id : batches)
    bodies.push_back(keys.body(id));
  const auto count = std::to_string(keys.of_scripts().size() + bodies.size());
  std::vector<std::string_view> command{"EVALSHA", hashes_[static_cast<std::size_t>(script)], count};
  command.reserve(command.size() + keys.of_scripts().size() + bodies.size() + arguments.size());
  command.insert(command.end(), keys.of_scripts().begin(), keys.of_scripts().end());
  command.insert(command.end(), bodies.begin(), bodies.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  add(command);
}

result<void> redis_connection::send() {
  if (!replies_)
    return failure("", {errc::store_failed, "persistence", "not connected"});
  const time_limit limit{*this, options_.command};
  answered_by_ = deadline_;
  gathered_ = 0;
  auto sent = socket_.send(std::exchange(commands_, {}));
  if (sent)
    return sent;
  close();
  return failure("no answer: ", sent.error());
}

result<std::vector<redis_reply>> redis_connection::receive(std::size_t count) {
  if (!replies_)
    return failure("", {errc::store_failed, "persistence", "not connected"});
  const time_limit limit{*this, std::chrono::ceil<milliseconds>(answered_by_ - clock::now())};
  std::vector<redis_reply> answers;
  answers.reserve(count);
  result<void> done;
  while (done && answers.size() < count) {
    if (auto* const answer = replies_->next())
      answers.emplace_back(answer);
    else if (!replies_->why().empty())
      done = error{errc::store_failed, "persistence", replies_->why()};
    else
      done = socket_.receive([this](std::string_view bytes) { replies_->feed(bytes); });
  }
  if (done)
    return answers;
  close();
  return failure("no answer: ", done.error());
}

result<std::vector<redis_reply>> redis_connection::run() {
  const auto count = gathered_;
  const auto sent = send();
  return sent ? receive(count) : result<std::vector<redis_reply>>{sent.error()};
}

std::vector<result<redis_reply>> redis_connection::run_all(const std::vector<redis_call>& calls) {
  std::vector<result<redis_reply>> all;
  if (calls.empty())
    return all;
  std::vector<std::size_t> unanswered;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    all.emplace_back(answer_not_understood());
    unanswered.push_back(i);
  }
  const auto fail = [&](const error& why) {
    for (const auto i : unanswered)
      all[i] = why;
    return std::move(all);
  };
  for (bool again = true;; again = false) {
    if (auto connected = open(); !connected)
      return fail(connected.error());
    for (const auto i : unanswered)
      call(calls[i].script, calls[i].keys, calls[i].arguments, calls[i].batches);
    auto answers = run();
    if (!answers)
      return fail(answers.error());
    std::vector<std::size_t> forgotten, elsewhere;
    for (std::size_t n = 0; n < unanswered.size(); ++n) {
      const auto i = unanswered[n];
      const auto answer = (*answers)[n].value();
      if (!answer.is_error()) {
        all[i] = std::move((*answers)[n]);
        continue;
      }
      const auto trouble = classify_redis_error(answer.text());
      all[i] = to_error(trouble, answer.text());
      if (trouble == redis_trouble::no_script)
        forgotten.push_back(i);
      if (trouble == redis_trouble::not_writable || trouble == redis_trouble::wrong_server)
        elsewhere.push_back(i);
    }
    if (!elsewhere.empty() && leave_server() && again) {
      unanswered = std::move(elsewhere);
    } else if (!forgotten.empty() && again) {
      unanswered = std::move(forgotten);
      if (auto loaded = load_scripts(); !loaded)
        return fail(loaded.error());
    } else {
      return all;
    }
  }
}

result<redis_reply> redis_connection::run_one(redis_script script, const redis_keys& keys,
                                              const std::vector<std::string_view>& arguments,
                                              const std::vector<std::string_view>& batches) {
  return std::move(run_all({{script, keys, arguments, batches}}).front());
}

std::vector<result<std::vector<std::string>>>
redis_connection::first_members(const std::vector<std::string_view>& keys) {
  for (const auto key : keys)
    add({"ZRANGE", key, "0", std::to_string(redis_script_most - 1)});
  const auto answers = run();
  std::vector<result<std::vector<std::string>>> all;
  for (std::size_t n = 0; n < keys.size(); ++n) {
    if (!answers) {
      all.emplace_back(answers.error());
      continue;
    }
    const auto listed = (*answers)[n].value();
    if (listed.is_error()) {
      all.emplace_back(to_error(classify_redis_error(listed.text()), listed.text()));
      continue;
    }
    std::vector<std::string> members;
    members.reserve(listed.size());
    for (std::size_t i = 0; i < listed.size(); ++i)
      members.emplace_back(listed[i].text());
    all.emplace_back(std::move(members));
  }
  return all;
}

void redis_connection::note_absent(const error& why) {
  if (absent_ && !is_open()) // else it has answered
    absent_->add(peer_, why);
}

error redis_connection::failure(const std::string& what, error why) const {
  why.message = peer_ + ": " + what + why.message;
  return why;
}

} // namespace sluice
