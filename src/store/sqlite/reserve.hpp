#pragma once

#include <optional>
#include <string>

#include "sluice/options.hpp"
#include "sluice/store.hpp"
#include "store/sqlite/beside.hpp"

namespace sluice {

/// Room that is kept on a queue's disk, so that settlements and claims go on when there is none for new batches. Logs
/// that the disk is full, and that it has room again.
class disk_reserve {
public:
  /// Its file stands beside the queue's; what an earlier process kept there counts. Errors: `store_failed`.
  static result<disk_reserve> open(const std::string& path, log_hook log);
  disk_reserve(disk_reserve&&) = default;
  disk_reserve& operator=(disk_reserve&&) = delete;
  /// Keeps for the next process what the log has left, unless nothing waits for one.
  ~disk_reserve();

  /// Whether so many bytes fit on the disk of a queue beside the room that is kept there, or was given up.
  static bool is_room_beside(const std::string& path, std::uint64_t bytes);

  /// Takes the room at the beginning; without it the disk is full.
  void take(store_time now);
  bool is_held() const noexcept { return held_; }

  /// Whether something new may be stored: while the reserve is held. Once a second it is taken again, if there is room.
  bool may_grow(store_time now);
  /// Something found no room: the reserve is given up to what must go on.
  void ran_out(store_time now);
  /// Something new was stored.
  void grew();

  /// Nothing waits any more: the next process can do without.
  void remove();

private:
  disk_reserve(std::string path, file_beside file, log_hook log);
  bool fill(bool with_room_beside);
  void say(log_level, const std::string& line) const;

  std::string path_;
  file_beside file_;
  log_hook log_;
  bool held_ = false;
  bool full_ = false;
  /// When the log said last that the disk is full, and whether it is to say that there is room again.
  std::optional<store_time> said_{};
  bool is_said_ = false;
  bool removed_ = false;
  store_time looked_{};
};

} // namespace sluice
