#include "store/redis/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>

#include "core/printable.hpp"
#include "store/redis/error.hpp"
#include "store/redis/sigpipe_guard.hpp"

namespace sluice {

namespace {

// How long to poll before asking whether the deadline has moved.
constexpr milliseconds longest_poll{100};

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

void redis_connection::closer::operator()(redisContext* context) const noexcept {
  redisFree(context);
}

redis_connection::time_limit::time_limit(redis_connection& c, milliseconds limit)
    : connection_{c}, before_{c.deadline_} {
  c.deadline_ = std::min(before_, clock::now() + limit);
}

redis_connection::redis_connection(redis_options options, log_hook log)
    : options_{std::move(options)}, log_{std::move(log)} {}

result<void> redis_connection::open() {
  if (context_)
    return {};
  const sigpipe_guard guard;
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
  context_.reset();
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

milliseconds redis_connection::left() const {
  return std::max(std::chrono::ceil<milliseconds>(deadline() - clock::now()), milliseconds{0});
}

result<void> redis_connection::connect() {
  std::vector<std::string> addresses{options_.unix_socket};
  if (options_.unix_socket.empty()) {
    auto found = lookup_.find(options_.host, [this] { return deadline(); });
    if (!found)
      return found.error();
    addresses = std::move(*found);
  }
  gathered_ = 0;
  std::string why = "no address";
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    // One that does not answer leaves time for the others.
    const time_limit share{*this, left() / static_cast<int>(addresses.size() - i)};
    why = connect_to(addresses[i]);
    if (why.empty())
      break;
  }
  if (!why.empty())
    return failure("cannot connect", why.c_str());
  const int on = 1;
  ::setsockopt(context_->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  return {};
}

std::string redis_connection::connect_to(const std::string& address) {
  context_.reset(options_.unix_socket.empty() ? redisConnectNonBlock(address.c_str(), options_.port)
                                              : redisConnectUnixNonBlock(address.c_str()));
  if (!context_)
    return "out of memory";
  if (context_->err != 0)
    return context_->errstr;
  if (!wait_for(POLLOUT))
    return "no answer in time";
  int failed = 0;
  socklen_t size = sizeof failed;
  if (::getsockopt(context_->fd, SOL_SOCKET, SO_ERROR, &failed, &size) != 0)
    failed = errno;
  return failed == 0 ? "" : std::strerror(failed);
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
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  words.reserve(command.size());
  sizes.reserve(command.size());
  for (const auto word : command) {
    words.push_back(word.data() ? word.data() : "");
    sizes.push_back(word.size());
  }
  // Fails only for want of memory; then the answer will be missing, which `run` notices.
  if (context_ &&
      redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), words.data(), sizes.data()) == REDIS_OK)
    ++gathered_;
}

void redis_connection::call(redis_script script, std::string_view queue,
                            const std::vector<std::string_view>& arguments) {
  std::vector<std::string_view> command{"EVALSHA", hashes_[static_cast<std::size_t>(script)], "1", queue};
  command.insert(command.end(), arguments.begin(), arguments.end());
  add(command);
}

result<std::vector<redis_reply>> redis_connection::run() {
  if (!context_)
    return error{errc::store_failed, "persistence", "Redis at " + address(options_) + ": not connected"};
  const sigpipe_guard guard;
  const time_limit limit{*this, options_.command};
  std::vector<redis_reply> answers;
  answers.reserve(gathered_);
  for (bool sent = send(); gathered_ > 0; --gathered_) {
    void* answer = sent ? receive() : nullptr;
    if (!answer) {
      auto why = failure("no answer", left().count() == 0 ? "the deadline has passed" : nullptr);
      close();
      return why;
    }
    answers.emplace_back(answer);
  }
  return answers;
}

bool redis_connection::send() {
  for (int done = 0; done == 0;)
    if (!wait_for(POLLOUT) || redisBufferWrite(context_.get(), &done) != REDIS_OK)
      return false;
  return true;
}

// Null: there is none in time, or what comes is none.
void* redis_connection::receive() {
  for (void* answer = nullptr;;) {
    if (redisReaderGetReply(context_->reader, &answer) != REDIS_OK)
      return nullptr;
    if (answer)
      return answer;
    if (!wait_for(POLLIN) || redisBufferRead(context_.get()) != REDIS_OK)
      return nullptr;
  }
}

bool redis_connection::wait_for(short event) {
  pollfd p{.fd = context_->fd, .events = event, .revents = 0};
  for (;;) {
    const auto time = left();
    const int ready = ::poll(&p, 1, static_cast<int>(std::min(time, longest_poll).count()));
    if (ready > 0)
      return true;
    if (time == milliseconds{0} || (ready < 0 && errno != EINTR))
      return false;
  }
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

error redis_connection::failure(std::string_view what, const char* why) const {
  if (!why)
    why = !context_                    ? "out of memory"
          : context_->err != 0         ? context_->errstr
          : context_->reader->err != 0 ? context_->reader->errstr
                                       : std::strerror(errno);
  return {errc::store_failed, "persistence", "Redis at " + address(options_) + ": " + std::string{what} + ": " + why};
}

} // namespace sluice
