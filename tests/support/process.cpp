#include "support/process.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sluice::test {

namespace {

// As an array of C strings.
std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (auto& word : words)
    all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

// Adds a variable, unless it has a value.
void add_variable(std::vector<std::string>& environment, std::string_view variable) {
  const auto name = variable.substr(0, variable.find('=') + 1);
  if (std::none_of(environment.begin(), environment.end(), [&](const std::string& e) { return e.starts_with(name); }))
    environment.emplace_back(variable);
}

} // namespace

process::process(std::vector<std::string> command, const std::string& input, std::vector<std::string> environment) {
  std::string pattern = (std::filesystem::temp_directory_path() / "sluice-test-XXXXXX").string();
  if (!::mkdtemp(pattern.data()))
    throw std::runtime_error("mkdtemp");
  folder_ = pattern;
  // The command's default queue is one of its own.
  add_variable(environment, "XDG_STATE_HOME=" + folder_ + "/state");
  for (char** variable = environ; *variable; ++variable)
    add_variable(environment, *variable);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw std::runtime_error("pipe2");
  if (!input.empty()) {
    std::ofstream{folder_ + "/in"} << input;
  }
  const auto in = folder_ + "/in", out = folder_ + "/out", err = folder_ + "/err";
  posix_spawn_file_actions_t streams;
  ::posix_spawn_file_actions_init(&streams);
  if (input.empty())
    ::posix_spawn_file_actions_adddup2(&streams, ends[0], STDIN_FILENO);
  else
    ::posix_spawn_file_actions_addopen(&streams, STDIN_FILENO, in.c_str(), O_RDONLY, 0);
  constexpr int written = O_WRONLY | O_CREAT | O_TRUNC;
  ::posix_spawn_file_actions_addopen(&streams, STDOUT_FILENO, out.c_str(), written, 0600);
  ::posix_spawn_file_actions_addopen(&streams, STDERR_FILENO, err.c_str(), written, 0600);
  const auto argv = pointers_to(command), variables = pointers_to(environment);
  // No fork: the child of a process with threads must not allocate, because a thread may hold the allocator's lock.
  const int why = ::posix_spawn(&pid_, argv[0], &streams, nullptr, argv.data(), variables.data());
  ::posix_spawn_file_actions_destroy(&streams);
  ::close(ends[0]);
  input_ = ends[1];
  if (why != 0) {
    pid_ = -1;
    throw std::runtime_error(command[0] + ": " + std::strerror(why));
  }
}

process::~process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (input_ >= 0)
    ::close(input_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void process::signal(int number) const {
  ::kill(pid_, number);
}

void process::lift_limit(int resource) const {
  rlimit limit{};
  const auto which = static_cast<__rlimit_resource>(resource);
  if (::prlimit(pid_, which, nullptr, &limit) != 0)
    throw std::runtime_error("prlimit");
  limit.rlim_cur = limit.rlim_max;
  if (::prlimit(pid_, which, &limit, nullptr) != 0)
    throw std::runtime_error("prlimit");
}

std::string process::wait_for_line(const std::string& prefix) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (std::chrono::steady_clock::now() < deadline) {
    std::istringstream lines{read_file(folder_ + "/out")};
    for (std::string line; std::getline(lines, line);)
      if (!lines.eof() && line.compare(0, prefix.size(), prefix) == 0)
        return line.substr(prefix.size());
    ::poll(nullptr, 0, 10);
  }
  throw std::runtime_error("no line '" + prefix + "…': " + read_file(folder_ + "/out") + read_file(folder_ + "/err"));
}

void process::wait_for_error(const std::string& words) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (std::chrono::steady_clock::now() < deadline) {
    const auto text = read_file(folder_ + "/err");
    if (const auto at = text.find(words); at != std::string::npos && text.find('\n', at) != std::string::npos)
      return;
    ::poll(nullptr, 0, 10);
  }
  throw std::runtime_error("no words '" + words + "': " + read_file(folder_ + "/err"));
}

void process::say(const std::string& line) {
  const auto text = line + "\n";
  if (::write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("write to a process");
}

void process::end_input() {
  if (input_ >= 0)
    ::close(std::exchange(input_, -1));
}

bool process::ends_within(std::chrono::milliseconds most) const {
  const auto deadline = std::chrono::steady_clock::now() + most;
  siginfo_t ended{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0 &&
         std::chrono::steady_clock::now() < deadline)
    ::poll(nullptr, 0, 1);
  return ended.si_pid != 0;
}

process_result process::wait() {
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = read_file(folder_ + "/out"),
          .err = read_file(folder_ + "/err")};
}

process_result run(std::vector<std::string> command, const std::string& input, std::vector<std::string> environment) {
  process p{std::move(command), input, std::move(environment)};
  p.end_input();
  return p.wait();
}

temporary_folder::temporary_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sluice-test-XXXXXX").string();
  if (!::mkdtemp(pattern.data()))
    throw std::runtime_error("mkdtemp");
  path_ = pattern;
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string temporary_folder::write(const std::string& name, const std::string& content) const {
  const auto path = path_ + "/" + name;
  std::ofstream{path, std::ios::binary} << content;
  return path;
}

std::string read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

} // namespace sluice::test
