#pragma once

#include <cstddef>
#include <string>

#include "support/process.hpp"

namespace sluice::test {

/// A folder on a disk of 8 MiB, which can be filled. Who may not mount one gets a limit on the size of each file of
/// this process and those that it starts instead; then whatever is in the folder counts as full at the size that it
/// has.
class small_disk {
public:
  static constexpr std::size_t size = std::size_t{8} << 20;

  small_disk();
  ~small_disk();
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  const std::string& path() const noexcept { return folder_.path(); }
  /// Something else takes all the room that there is.
  void fill();
  /// It goes.
  void make_room();

private:
  void limit_files(std::size_t bytes) const;

  temporary_folder folder_;
  bool mounted_ = false;
};

} // namespace sluice::test
