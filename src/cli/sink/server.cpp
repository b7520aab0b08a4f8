#include "cli/sink/server.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <unistd.h>

#include "cli/complain.hpp"
#include "cli/sink/session.hpp"

namespace sluice {

namespace asio = boost::asio;
using error_code = boost::system::error_code;
using executor = asio::io_context::executor_type;

namespace {

constexpr std::size_t max_sessions = 1024;
// How long to wait for a descriptor to become free.
constexpr std::chrono::milliseconds accept_pause{100};

result<void> use_identity(std::optional<asio::ssl::context>& tls, const sink_settings& s) {
  if (s.tls_cert.empty() != s.tls_key.empty())
    return error{errc::invalid_option, s.tls_cert.empty() ? "--tls-cert" : "--tls-key",
                 "is missing: a certificate and its key were expected"};
  if (s.tls_cert.empty())
    return {};
  tls.emplace(asio::ssl::context::tls_server);
  error_code why;
  tls->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, why);
  if (tls->use_certificate_chain_file(s.tls_cert, why); why)
    return error{errc::invalid_option, "--tls-cert",
                 s.tls_cert + ": a PEM file with a certificate was expected: " + why.message()};
  if (tls->use_private_key_file(s.tls_key, asio::ssl::context::pem, why); why)
    return error{errc::invalid_option, "--tls-key",
                 s.tls_key + ": a PEM file with the key of the certificate was expected: " + why.message()};
  return {};
}

} // namespace

class sink_server::impl {
public:
  impl(fault_script faults, sink_record record)
      : shared_{.endpoint = sink_endpoint{std::move(faults), std::move(record)}} {}

  result<void> listen(std::uint16_t port) {
    const asio::ip::tcp::endpoint address{asio::ip::address_v4::loopback(), port};
    error_code why;
    acceptor_.open(address.protocol(), why);
    acceptor_.set_option(asio::socket_base::reuse_address{true}, why);
    acceptor_.bind(address, why);
    if (!why)
      acceptor_.listen(asio::socket_base::max_listen_connections, why);
    if (why)
      return error{errc::invalid_option, "--port",
                   "cannot listen on 127.0.0.1:" + std::to_string(port) + ": " + why.message()};
    return {};
  }

  void accept() {
    next_ = std::make_unique<connection>(io_);
    acceptor_.async_accept(next_->socket(), [this](error_code why) {
      if (why == asio::error::operation_aborted)
        return;
      if (why)
        return accept_later(why);
      if (shared_.sessions < max_sessions)
        std::make_shared<sink_session>(shared_, std::move(next_))->start();
      accept();
    });
  }

  // The connection still waits to be accepted, so that trying at once would only fail again.
  void accept_later(error_code why) {
    if (!std::exchange(said_, true))
      complain("sink", "cannot accept connections: " + why.message() + "; trying again");
    pause_.expires_after(accept_pause);
    pause_.async_wait([this](error_code aborted) {
      if (!aborted)
        accept();
    });
  }

  // Declared before the context, because the context destroys the sessions under way.
  sink_resources shared_;
  asio::io_context io_{1};
  asio::basic_socket_acceptor<asio::ip::tcp, executor> acceptor_{io_};
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor> pause_{
      io_};
  std::unique_ptr<connection> next_;
  bool said_ = false;
};

result<std::unique_ptr<sink_server>> sink_server::open(sink_settings s) {
  auto record = sink_record::open(s.record);
  if (!record)
    return record.error();
  auto server = std::make_unique<impl>(std::move(s.faults), std::move(*record));
  if (auto ok = use_identity(server->shared_.tls, s); !ok)
    return ok.error();
  if (auto ok = server->listen(s.port); !ok)
    return ok.error();
  return std::unique_ptr<sink_server>{new sink_server{std::move(server)}};
}

sink_server::sink_server(std::unique_ptr<impl> i) : impl_{std::move(i)} {}

sink_server::~sink_server() = default;

std::string sink_server::url() const {
  error_code ignored;
  return (impl_->shared_.tls ? "https://localhost:" : "http://127.0.0.1:") +
         std::to_string(impl_->acceptor_.local_endpoint(ignored).port());
}

void sink_server::run(int stop_fd) {
  asio::posix::basic_stream_descriptor<executor> stop{impl_->io_, ::dup(stop_fd)};
  stop.async_wait(asio::posix::descriptor_base::wait_read, [this](error_code) { impl_->io_.stop(); });
  impl_->shared_.start = std::chrono::steady_clock::now();
  impl_->accept();
  impl_->io_.run();
}

const sink_counts& sink_server::counts() const {
  return impl_->shared_.endpoint.counts();
}

void sink_server::on_request(std::function<void()> f) {
  impl_->shared_.on_request = std::move(f);
}

} // namespace sluice
