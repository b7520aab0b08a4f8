#include "transport/http_transport.hpp"

#include <algorithm>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "net/client_tls.hpp"
#include "transport/http_exchange.hpp"

#include <pthread.h>

namespace sluice {

namespace asio = boost::asio;

class http_transport::impl {
public:
  explicit impl(http_settings settings)
      : settings_{std::move(settings)}, tls_{asio::ssl::context::tls_client},
        names_{io_, settings_.ask, settings_.through ? settings_.through->host : settings_.to.host,
               settings_.through ? settings_.through->port : settings_.to.port},
        idle_{io_, settings_.max_idle, settings_.max_idle_time}, shared_{io_, settings_, tls_, names_, idle_},
        stay_{io_.get_executor()} {
    if (settings_.to.tls || (settings_.through && settings_.through->tls))
      (void)use_files(tls_, {.ca_file = settings_.http.ca_file}); // one that fails leaves no authority to trust
    thread_ = std::thread{[this] {
      ::pthread_setname_np(::pthread_self(), "sluice-http");
      io_.run();
    }};
  }

  ~impl() {
    asio::post(io_, [this] {
      for (const auto& e : under_way_)
        if (auto exchange = e.lock())
          exchange->cancel();
      idle_.clear();
      stay_.reset();
    });
    thread_.join();
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  void send(delivery_request request, std::function<void(delivery_response)> done) {
    asio::post(io_, [this, request = std::move(request), done = std::move(done)]() mutable {
      std::erase_if(under_way_, [](const auto& e) { return e.expired(); });
      auto exchange = std::make_shared<http_exchange>(shared_, std::move(request), std::move(done));
      under_way_.push_back(exchange);
      exchange->start();
    });
  }

private:
  http_settings settings_;
  asio::io_context io_{1};
  asio::ssl::context tls_;
  resolver names_;
  idle_connections idle_;
  exchange_resources shared_;
  asio::executor_work_guard<asio::io_context::executor_type> stay_;
  std::vector<std::weak_ptr<http_exchange>> under_way_;
  std::thread thread_;
};

http_transport::http_transport(http_settings settings) : impl_{std::make_unique<impl>(std::move(settings))} {}

http_transport::~http_transport() = default;

void http_transport::send(delivery_request request, std::function<void(delivery_response)> done) {
  impl_->send(std::move(request), std::move(done));
}

} // namespace sluice
