#pragma once

#include <string>
#include <vector>

namespace sluice::test {

/// The body of a batch that keeps the contract, uncompressed, with an event for each id.
std::string batch_body(const std::vector<std::string>& ids);

/// A request to `/v1/batch` that keeps the contract, and asks for the connection to be closed after the reply, or not.
std::string batch_request(const std::vector<std::string>& ids, bool keep_alive = false);

/// A connection to a server at `http://127.0.0.1:PORT`.
class raw_connection {
public:
  explicit raw_connection(const std::string& url);
  raw_connection(raw_connection&&) noexcept;
  raw_connection& operator=(raw_connection&&) = delete;
  ~raw_connection();

  void send(const std::string& bytes) const;
  /// Returns what the server says until it closes the connection, or for 20 s.
  std::string rest() const;
  /// Returns what the server says until it has said this, closes the connection, or for 20 s.
  std::string until(const std::string& wanted) const;
  /// Sends bytes and returns all that the server says until it closes the connection, or for 20 s.
  std::string exchange(const std::string& bytes) const;

private:
  int fd_;
};

/// The same, on a connection of its own.
std::string raw_exchange(const std::string& url, const std::string& bytes);

} // namespace sluice::test
