#include "transport/connection.hpp"

#include <cerrno>
#include <utility>

#include <boost/asio/error.hpp>

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace sluice {

namespace {

constexpr std::size_t read_size = 4096;

bool has_bytes(int fd) {
  char byte = 0;
  const auto n = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK); // the end counts, too
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
    else if (self->socket_.is_open())
      self->read();
  });
}

void connection::rest() {
  if (tls_)
    taken_at_rest_ = BIO_number_read(SSL_get_rbio(tls_->native_handle()));
}

bool connection::is_quiet() {
  if (received_.size() > 0)
    return false;
  if (!tls_)
    return !has_bytes(socket_.native_handle());
  auto* const engine = tls_->native_handle();
  if (!reading_) { // Session tickets may follow the handshake, so only what they leave behind counts.
    char byte = 0;
    return SSL_peek(engine, &byte, 1) <= 0;
  }
  return !has_bytes(socket_.native_handle()) && SSL_has_pending(engine) == 0 &&
         BIO_pending(SSL_get_rbio(engine)) == 0 && BIO_number_read(SSL_get_rbio(engine)) == taken_at_rest_;
}

void connection::close() {
  listener_ = nullptr;
  error_code ignored;
  socket_.close(ignored);
}

} // namespace sluice
