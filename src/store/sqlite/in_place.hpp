#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace sluice {

/// Files that are open, and must stay where they are: what is written to one that was removed goes with this process.
class files_in_place {
public:
  /// Remembers which files the paths name now.
  explicit files_in_place(const std::vector<std::string>& paths);

  /// The path that names another file or none now; empty if there is none. Costs a `stat` a path.
  std::string moved() const;

private:
  struct known_file {
    std::string path;
    dev_t device;
    ino_t number;
  };
  std::vector<known_file> files_;
};

} // namespace sluice
