#include "store/redis/connection.hpp"

#include <algorithm>
#include <utility>

#include "core/printable.hpp"
#include "store/redis/error.hpp"

namespace sluice {

namespace {

std::string address(const redis_options& o) {
  return o.unix_socket.empty() ? o.host + ":" + std::to_string(o.port) : o.unix_socket;
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

redis_connection::redis_connection(redis_options options, log_hook log)
    : options_{std::move(options)}, log_{std::move(log)}, socket_{options_.tls, [this] { return deadline(); }} {}

result<void> redis_connection::open() {
  if (replies_ && gathered_ == 0 && !socket_.is_quiet())
    close(); // the server has ended it meanwhile
  if (replies_)
    return {};
  const time_limit limit{*this, options_.connect};
  for (auto step : {&redis_connection::connect, &redis_connection::authenticate, &redis_connection::load_scripts,
                    &redis_connection::look_around})
    if (auto done = (this->*step)(); !done) {
      close();
      return done;
    }
  ++times_connected_;
  return {};
}

void redis_connection::close() noexcept {
  socket_.close();
  replies_.reset();
  commands_.clear();
  gathered_ = 0;
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
  const auto done = options_.unix_socket.empty() ? socket_.connect(options_.host, options_.port)
                                                 : socket_.connect(options_.unix_socket);
  if (!done)
    return failure("cannot connect: ", done.error());
  replies_.emplace();
  return {};
}

result<void> redis_connection::authenticate() {
  if (!options_.username.empty())
    add({"AUTH", options_.username, options_.password});
  else if (!options_.password.empty())
    add({"AUTH", options_.password});
  add({"SELECT", std::to_string(options_.db)});
  const auto answers = run();
  if (!answers)
    return answers.error();
  for (const auto& a : *answers)
    if (a.value().is_error()) // some say the words of a command again
      return to_error(classify_redis_error(a.value().text()), printable(a.value().text(), options_.password));
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
    log_(log_level::warning, "Redis at " + address(options_) + " has the maxmemory-policy " + printable(policy, "") +
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
  // Fails only for want of memory; then the answer will be missing, which `run` notices.
  if (size <= 0)
    return;
  commands_.append(text, static_cast<std::size_t>(size));
  redisFreeCommand(text);
  ++gathered_;
}

void redis_connection::call(redis_script script, std::string_view queue,
                            const std::vector<std::string_view>& arguments) {
  std::vector<std::string_view> command{"EVALSHA", hashes_[static_cast<std::size_t>(script)], "1", queue};
  command.insert(command.end(), arguments.begin(), arguments.end());
  add(command);
}

result<std::vector<redis_reply>> redis_connection::run() {
  if (!replies_)
    return failure("", {errc::store_failed, "persistence", "not connected"});
  const time_limit limit{*this, options_.command};
  std::vector<redis_reply> answers;
  answers.reserve(gathered_);
  auto done = socket_.send(std::exchange(commands_, {}));
  while (done && answers.size() < gathered_) {
    if (auto* const answer = replies_->next())
      answers.emplace_back(answer);
    else if (!replies_->why().empty())
      done = error{errc::store_failed, "persistence", replies_->why()};
    else
      done = socket_.receive([this](std::string_view bytes) { replies_->feed(bytes); });
  }
  if (!done) {
    close();
    return failure("no answer: ", done.error());
  }
  gathered_ = 0;
  return answers;
}

result<redis_reply> redis_connection::run_one(redis_script script, std::string_view queue,
                                              const std::vector<std::string_view>& arguments) {
  for (bool again = true;; again = false) {
    if (auto connected = open(); !connected)
      return connected.error();
    call(script, queue, arguments);
    auto answers = run();
    if (!answers)
      return answers.error();
    const auto answer = answers->front().value();
    if (!answer.is_error())
      return std::move(answers->front());
    const auto trouble = classify_redis_error(answer.text());
    if (trouble == redis_trouble::no_script && again) {
      if (auto loaded = load_scripts(); !loaded)
        return loaded.error();
      continue;
    }
    auto why = to_error(trouble, answer.text());
    // Another connection may find the server that it is.
    if (trouble == redis_trouble::not_writable || trouble == redis_trouble::wrong_server)
      close();
    return why;
  }
}

error redis_connection::failure(const std::string& what, error why) const {
  why.message = "Redis at " + address(options_) + ": " + what + why.message;
  return why;
}

} // namespace sluice
