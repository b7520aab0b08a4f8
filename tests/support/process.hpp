#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <sys/types.h>

namespace sluice::test {

/// What a process left behind.
struct process_result {
  int status = -1;
  std::string out;
  std::string err;
};

/// A child process with its standard streams in files of a temporary folder. Ended when it goes out of scope.
class process {
public:
  /// `environment`: `NAME=value`, added to the present one; `XDG_STATE_HOME` is a folder of its own unless given.
  explicit process(std::vector<std::string> command, const std::string& input = "",
                   std::vector<std::string> environment = {});
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  void signal(int number) const;
  /// Raises a soft limit of `setrlimit` to the hard one, while it runs.
  void lift_limit(int resource) const;
  /// Waits until its output holds a whole line that begins with `prefix`, and gives the rest of it; throws after 20 s.
  std::string wait_for_line(const std::string& prefix) const;
  /// Waits until its standard error has these words in a whole line; throws after 60 s.
  void wait_for_error(const std::string& words) const;
  /// Gives it a line on its standard input, which stays open.
  void say(const std::string& line);
  void end_input();
  /// Whether it has ended by then.
  bool ends_within(std::chrono::milliseconds) const;
  process_result wait();

private:
  std::string folder_;
  int input_ = -1;
  pid_t pid_ = -1;
};

/// Runs a command to its end.
process_result run(std::vector<std::string> command, const std::string& input = "",
                   std::vector<std::string> environment = {});

/// A folder that goes when it goes out of scope.
class temporary_folder {
public:
  temporary_folder();
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  const std::string& path() const noexcept { return path_; }
  /// Writes a file and gives its path.
  std::string write(const std::string& name, const std::string& content) const;

private:
  std::string path_;
};

std::string read_file(const std::string& path);

} // namespace sluice::test
