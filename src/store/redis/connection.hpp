#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/redis_nodes.hpp"
#include "sluice/options.hpp"
#include "store/redis/absent_servers.hpp"
#include "store/redis/keys.hpp"
#include "store/redis/reply_reader.hpp"
#include "store/redis/scripts.hpp" // made of src/store/redis/lua/*.lua by the build
#include "store/redis/socket.hpp"

namespace sluice {

/// What one call of a script takes or gives at most: `most` in prelude.lua.
inline constexpr std::size_t redis_script_most = 500;

/// A call of a script, and what is borrowed for it.
struct redis_call {
  redis_script script;
  /// Of the partition that it is about.
  const redis_keys& keys;
  std::vector<std::string_view> arguments;
  /// The ids of batches whose payloads it may touch.
  std::vector<std::string_view> batches{};
};

/// A connection to Redis that is made when it is needed and given up at the first thing that goes wrong with it: then
/// every command without an answer is unknown. Commands are gathered and sent together. In a cluster it is a connection
/// to the node that serves one partition of a queue. For one thread, but for `end_by`.
class redis_connection {
public:
  /// While it lives, whatever the connection does ends in time, or fails.
  class time_limit {
  public:
    time_limit(redis_connection&, milliseconds);
    ~time_limit() { connection_.deadline_ = before_; }
    time_limit(const time_limit&) = delete;
    time_limit& operator=(const time_limit&) = delete;

  private:
    redis_connection& connection_;
    const std::chrono::steady_clock::time_point before_;
  };

  /// `key`: one of the partition, by which a cluster says where that is. `absent`: what connections to other nodes of
  /// that cluster know of it, too.
  explicit redis_connection(redis_options, std::string key = {}, log_hook log = {},
                            std::shared_ptr<redis_absent_servers> absent = {});

  /// Connects within `redis.connect`, unless it is connected: name resolution, credentials, database, scripts.
  /// Errors: `store_failed`.
  result<void> open();
  bool is_open() const noexcept { return replies_.has_value(); }
  /// Whether it is open and the server has not ended it. To be asked while nothing is gathered.
  bool is_still_open();
  std::uint64_t times_connected() const noexcept { return times_connected_; }
  std::uint64_t times_loaded() const noexcept { return times_loaded_; }
  void close() noexcept;
  /// Whatever the connection does ends by this moment, or fails. Of several moments the earliest applies. Any thread
  /// may call it.
  void end_by(std::chrono::steady_clock::time_point) noexcept;

  /// Gathers a command. Its words are copied.
  void add(std::initializer_list<std::string_view> command);
  void add(const std::vector<std::string_view>& command);
  /// Gathers a call of a script on the queue with these keys. `batches`: the ids of those whose payloads it may touch.
  void call(redis_script, const redis_keys&, const std::vector<std::string_view>& arguments,
            const std::vector<std::string_view>& batches = {});
  /// How many commands are gathered.
  std::size_t gathered() const noexcept { return gathered_; }

  /// Closes the connection, because the server has said that another one has the queue. Returns whether that one can be
  /// found.
  bool leave_server() noexcept;

  /// Sends what was gathered. Errors: the connection failed, and is closed.
  result<void> send();
  /// Gives the next answers to what was sent, one for each command, which may be an error: within `redis.command` from
  /// then, or at once if they have arrived. Nothing else may be done until all of them are received. Errors: the
  /// connection failed, and is closed.
  result<std::vector<redis_reply>> receive(std::size_t answers);
  /// Both, for all that was gathered.
  result<std::vector<redis_reply>> run();

  /// The same, for calls of scripts, all in one round trip; an error answer is an error. Scripts that the server has
  /// forgotten are loaded again.
  std::vector<result<redis_reply>> run_all(const std::vector<redis_call>&);
  result<redis_reply> run_one(redis_script, const redis_keys&, const std::vector<std::string_view>& arguments,
                              const std::vector<std::string_view>& batches = {});

  /// The first members of sorted sets, of each as many as one call of a script takes.
  std::vector<result<std::vector<std::string>>> first_members(const std::vector<std::string_view>& keys);

  /// Loads the scripts again.
  result<void> load_scripts();

private:
  using clock = std::chrono::steady_clock;

  result<void> connect();
  /// Connects to a server, of which errors speak from now on. `kind`: Redis or Sentinel.
  result<void> reach(const char* kind, const redis_node&);
  /// Asks those that know where the server is.
  result<redis_node> find_server();
  result<redis_node> ask_sentinel(const redis_node&);
  result<redis_node> ask_cluster(redis_node);
  bool is_cluster() const noexcept { return !options_.cluster.nodes.empty(); }
  clock::time_point deadline() const;
  void add_credentials(const std::string& username, const std::string& password);
  result<void> authenticate();
  result<void> look_around();
  void note_absent(const error& why);
  error failure(const std::string& what, error why) const;

  const redis_options options_;
  const std::string key_;
  const log_hook log_;
  const std::shared_ptr<redis_absent_servers> absent_;
  /// Sentinels, or nodes of the cluster, those that answered last first.
  std::vector<redis_node> guides_;
  redis_socket socket_;
  /// The server, as errors name it.
  std::string peer_;
  /// While it is open.
  std::optional<redis_reply_reader> replies_;
  clock::time_point deadline_ = clock::time_point::max();
  std::atomic<clock::rep> last_moment_{clock::duration::max().count()};
  std::array<std::string, redis_scripts.size()> hashes_;
  std::uint64_t times_connected_ = 0, times_loaded_ = 0;
  clock::time_point answered_by_;
  /// The commands that were gathered, and how many.
  std::string commands_;
  std::size_t gathered_ = 0;
  bool policy_warned_ = false;
};

} // namespace sluice
