#include "store/redis/socket.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <optional>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include "net/client_tls.hpp"
#include "net/connect_race.hpp"
#include "net/tls_reason.hpp"

namespace sluice {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// How long to wait before asking whether the deadline has moved.
constexpr std::chrono::milliseconds ask_again{100};
// Servers of one process: a master, its Sentinels, and where they have moved to.
constexpr std::size_t most_names = 256;

// What a server may say before it has heard everything.
constexpr std::size_t most_unread = std::size_t{64} << 20;

error broken(std::string why) {
  return {errc::store_failed, "persistence", std::move(why)};
}

} // namespace

struct redis_socket::stream {
  stream(const redis_tls_options& t, const deadline& d) : tls{t}, until{d} {}
  ~stream() { close(); }

  // Lets I/O happen until `done`. Returns whether it is, in time.
  template <class Done>
  bool wait(Done done) {
    while (!done()) {
      const auto now = clock::now(), end = until();
      if (now >= end)
        return false;
      io.restart();
      io.run_one_until(std::min(end, now + ask_again));
    }
    return true;
  }

  result<void> resolve(const std::string& host, int port, resolver::addresses& found) {
    const auto name = host + ":" + std::to_string(port);
    if (names.size() >= most_names)
      names.clear();
    auto& asked = names[name];
    if (!asked)
      asked = std::make_unique<resolver>(io, ask_system, host, std::to_string(port));
    auto answer = std::make_shared<std::optional<resolver::addresses>>();
    asked->resolve([answer](const resolver::addresses& a) { *answer = a; });
    if (!wait([&] { return answer->has_value(); }))
      return error{errc::store_failed, "redis.host", "resolving " + host + " took too long"};
    found = std::move(**answer);
    if (found.empty())
      return error{errc::store_failed, "redis.host", "the host name " + host + " was not found"};
    return {};
  }

  result<void> reach(std::vector<stream_address> addresses) {
    struct outcome {
      std::shared_ptr<connection> connected;
      error_code why;
      bool known = false;
    };
    auto o = std::make_shared<outcome>();
    const auto race = std::make_shared<connect_race>(io, std::move(addresses), [o](auto c, error_code why) {
      *o = {.connected = std::move(c), .why = why, .known = true};
    });
    race->start();
    const bool in_time = wait([&] { return o->known; });
    race->cancel();
    if (!in_time)
      return broken("no answer in time");
    if (o->why)
      return broken(o->why.message());
    to = std::move(o->connected);
    error_code ignored;
    to->socket().set_option(asio::ip::tcp::no_delay{true}, ignored);
    to->socket().set_option(asio::socket_base::keep_alive{true}, ignored);
    return {};
  }

  result<void> encrypt(const std::string& host) {
    if (!context) {
      asio::ssl::context fresh{asio::ssl::context::tls_client};
      const client_tls_files files{
          .ca_file = tls.ca_file, .certificate_file = tls.certificate_file, .key_file = tls.key_file};
      if (auto used = use_files(fresh, files); !used)
        return error{errc::store_failed, "redis.tls." + used.error().field, used.error().message};
      context.emplace(std::move(fresh));
    }
    const auto& name = tls.server_name.empty() ? host : tls.server_name;
    auto& encrypted = to->use_tls(*context);
    expect_host(encrypted, name);
    auto result = std::make_shared<std::optional<error_code>>();
    encrypted.async_handshake(asio::ssl::stream_base::client, [result, c = to](error_code e) { *result = e; });
    if (!wait([&] { return result->has_value(); }))
      return broken("the TLS handshake did not end in time");
    if (const auto why = **result)
      return broken("TLS: " + tls_reason(SSL_get_verify_result(encrypted.native_handle()), why.message(), name));
    return {};
  }

  void start_reading() {
    arrived.clear();
    over = {};
    to->listen([this](error_code why) {
      auto& bytes = to->received();
      arrived.append(static_cast<const char*>(bytes.data().data()), bytes.size());
      bytes.consume(bytes.size());
      if (!why && arrived.size() > most_unread)
        why = asio::error::message_size;
      if (!why)
        return;
      over = why;
      to->listen({});
    });
    to->start_reading();
  }

  void close() noexcept {
    if (to)
      to->close();
    to.reset();
    io.restart();
    io.poll(); // what was cancelled says so
  }

  const redis_tls_options& tls;
  const deadline& until;
  asio::io_context io{1};
  const asio::executor_work_guard<asio::io_context::executor_type> stay{io.get_executor()}; // while a name is looked up
  std::optional<asio::ssl::context> context;
  std::map<std::string, std::unique_ptr<resolver>> names;
  std::optional<stream_address> worked_last;
  std::shared_ptr<connection> to;
  std::string arrived;
  // Why nothing more can arrive.
  error_code over;
};

redis_socket::redis_socket(redis_tls_options tls, deadline d) : tls_{std::move(tls)}, deadline_{std::move(d)} {}

redis_socket::~redis_socket() = default;

result<void> redis_socket::open(const std::function<result<void>(stream&)>& how) {
  close();
  try { // Asio throws for want of descriptors or memory.
    if (!stream_)
      stream_ = std::make_unique<stream>(tls_, deadline_);
    auto done = how(*stream_);
    if (done)
      stream_->start_reading();
    else
      close();
    return done;
  } catch (const std::exception& e) {
    close();
    return broken(e.what());
  }
}

result<void> redis_socket::connect(const std::string& host, int port) {
  return open([&](stream& s) -> result<void> {
    resolver::addresses found;
    if (auto done = s.resolve(host, port, found); !done)
      return done;
    if (auto done = s.reach(streams_of(in_connect_order(found, s.worked_last))); !done)
      return done;
    error_code ignored;
    s.worked_last = s.to->socket().remote_endpoint(ignored);
    return tls_.enabled ? s.encrypt(host) : result<void>{};
  });
}

result<void> redis_socket::connect(const std::string& path) {
  return open([&](stream& s) { return s.reach({asio::local::stream_protocol::endpoint{path}}); });
}

bool redis_socket::is_quiet() {
  if (!stream_ || !stream_->to)
    return false;
  stream_->io.restart();
  stream_->io.poll();
  return !stream_->over && stream_->arrived.empty();
}

void redis_socket::close() noexcept {
  if (stream_)
    stream_->close();
}

result<void> redis_socket::send(std::string bytes) {
  auto& s = *stream_;
  const auto data = std::make_shared<const std::string>(std::move(bytes));
  const auto sent = std::make_shared<std::optional<error_code>>();
  asio::async_write(*s.to, asio::buffer(*data), [data, sent, c = s.to](error_code e, std::size_t) { *sent = e; });
  // A server that closes the connection may have said why.
  if (!s.wait([&] { return sent->has_value() || s.over; }))
    return broken("the deadline has passed");
  return {};
}

result<void> redis_socket::receive(const std::function<void(std::string_view)>& take) {
  auto& s = *stream_;
  s.io.restart();
  s.io.poll();
  if (!s.wait([&] { return !s.arrived.empty() || s.over; }))
    return broken("the deadline has passed");
  if (s.arrived.empty())
    return broken(s.over.message());
  take(s.arrived);
  s.arrived.clear();
  return {};
}

} // namespace sluice
