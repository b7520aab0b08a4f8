#include "net/connection.hpp"

#include <cerrno>
#include <utility>

#include <boost/asio/error.hpp>

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace sluice {

namespace {

constexpr std::size_t read_size = 16'384;

bool has_bytes(int fd) {
  char byte = 0;
  const auto n = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK); // the end counts, too
}

bool holds_bytes(SSL* engine) {
  return SSL_has_pending(engine) != 0 || BIO_pending(SSL_get_rbio(engine)) > 0;
}

} // namespace

void connection::start_reading() {
  if (!std::exchange(reading_, true))
    read();
}

void connection::read() {
  async_read_some(received_.prepare(read_size), [self = shared_from_this()](error_code why, std::size_t n) {
    self->received_.commit(n);
    if (const auto hear = self->listener_) // a copy: it may be replaced meanwhile
      hear(why);
    if (why)
      self->listener_ = nullptr;
    else if (self->socket().is_open())
      self->read();
  });
}

SSL* connection::engine() {
  if (tls_)
    return tls_->native_handle();
  return link_.tls() ? link_.tls()->native_handle() : nullptr;
}

void connection::rest() {
  if (auto* const e = engine())
    taken_at_rest_ = BIO_number_read(SSL_get_rbio(e));
}

bool connection::is_quiet() {
  if (received_.size() > 0)
    return false;
  auto* const e = engine();
  if (e && !reading_) { // Session tickets may follow the handshake, so only what they leave behind counts.
    char byte = 0;
    return SSL_peek(e, &byte, 1) <= 0;
  }
  if (has_bytes(socket().native_handle()) || (link_.tls() && holds_bytes(link_.tls()->native_handle())))
    return false;
  return !e || (!holds_bytes(e) && BIO_number_read(SSL_get_rbio(e)) == taken_at_rest_);
}

void connection::close() {
  listener_ = nullptr;
  error_code ignored;
  socket().close(ignored);
}

} // namespace sluice
