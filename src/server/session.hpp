#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/connection.hpp"
#include "server/request_server.hpp"

namespace sluice {

class session;

/// How answers reach the server's thread from others: closed before the thread ends.
class way_to_server {
public:
  explicit way_to_server(boost::asio::io_context& io) : io_{&io} {}

  void post(std::function<void()>);
  void close();

private:
  std::mutex mutex_;
  boost::asio::io_context* io_;
};

/// The resources that all sessions of a server share. Used on its thread only.
struct session_resources {
  service& serves;
  request_server_limits limits;
  /// Null: plain HTTP.
  boost::asio::ssl::context* tls = nullptr;
  std::shared_ptr<way_to_server> way{};
  /// All sessions; those that wait for a request's header, the longest first; the bytes that bodies may take.
  std::list<session*> all{}, waiting{};
  std::size_t bytes_of_bodies = 0;
  /// No connection serves another request.
  bool is_ending = false;
  /// Called when a session has ended.
  std::function<void()> ended{};
};

/// A request that awaits its answer, as those know it that may answer. Any thread.
class open_request : public std::enable_shared_from_this<open_request> {
public:
  open_request(std::weak_ptr<session> of, std::shared_ptr<way_to_server> way)
      : of_{std::move(of)}, way_{std::move(way)} {}
  /// Closes the connection if the answer is not complete.
  ~open_request();
  open_request(const open_request&) = delete;
  open_request& operator=(const open_request&) = delete;

  /// Calls `what` with the session on the server's thread, if it still awaits this answer then. `completes`: as the
  /// last call. Returns false if it is known to be of no use.
  bool post(bool completes, std::function<void(session&)> what);

private:
  std::weak_ptr<session> of_;
  std::shared_ptr<way_to_server> way_;
  std::atomic<bool> is_complete_{false};
  std::atomic<std::uint64_t> posted_{0};
};

/// One connection of a server. It serves one request after another, each phase under a deadline, and owns itself.
class session : public std::enable_shared_from_this<session> {
public:
  session(session_resources&, std::unique_ptr<connection>);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  void start();
  void close();
  /// Closes now if no request is under way, or one whose answer may go on for ever; else behind the answer.
  void end();

  /// Calls what was posted to answer the present request, in the order of its numbers from 0.
  void take(std::uint64_t number, std::function<void(session&)>);
  bool awaits(const open_request& r) const noexcept { return awaits_answer_ && asked_ == &r; }
  void answer(reply);
  void write(std::string part, what_follows);
  void call_after(std::chrono::milliseconds, std::function<void()>);

private:
  using error_code = boost::system::error_code;
  using timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                        connection::executor_type>;
  using parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void turn_away();
  void wait_for_request();
  void read_header();
  void on_header(error_code);
  void read_body();
  void on_body(error_code);
  void refuse(int status, const char* what);
  void write_out();
  void on_written();
  void wait_for_end();
  request_head head() const;
  bool is_well_framed() const;
  bool is_last_request() const;
  /// Closes the connection after this time, unless the phase has ended or another one has begun.
  void limit_phase(std::chrono::milliseconds);
  void end_phase();
  void begin_to_wait();
  void end_waiting();
  void reserve(std::size_t bytes);

  session_resources& shared_;
  std::unique_ptr<connection> connection_;
  timer deadline_, later_;
  boost::beast::flat_buffer buffer_;
  std::optional<parser> parser_;
  /// What is being sent, and what waits for that.
  std::string out_, unsent_;
  bool sends_ = false;
  std::list<session*>::iterator place_;
  std::optional<std::list<session*>::iterator> waits_{};
  std::size_t reserved_ = 0;
  /// Itself, while an answer, or more of it, is awaited, because nothing may be under way on the connection then; and
  /// the request that has it.
  std::shared_ptr<session> awaits_answer_{};
  const open_request* asked_ = nullptr;
  /// What came before its turn, and whose turn it is.
  std::map<std::uint64_t, std::function<void(session&)>> early_;
  std::uint64_t next_posted_ = 0;
  /// A part of the answer has come, and more may.
  bool answers_in_parts_ = false;
  bool close_after_ = false;
  /// Whether bytes of the request may still be on their way, and how many of them were thrown away.
  bool leaves_body_ = false;
  std::size_t thrown_away_ = 0;
};

} // namespace sluice
