#include "cli/sink/record.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace sluice {

namespace {

std::string one_word(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += static_cast<unsigned char>(c) < 0x21 || c == 0x7f ? '?' : c;
  return out;
}

} // namespace

result<sink_record> sink_record::open(const std::string& path) {
  if (path.empty())
    return sink_record{-1};
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0)
    return error{errc::invalid_option, "--record", path + ": " + std::strerror(errno)};
  return sink_record{fd};
}

sink_record::sink_record(sink_record&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}

sink_record::~sink_record() {
  if (fd_ >= 0)
    ::close(fd_);
}

bool sink_record::append(const std::vector<std::string>& message_ids, std::string_view batch_id) const {
  if (fd_ < 0)
    return true;
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  const auto rest = " " + one_word(batch_id) + " " + std::to_string(now.count()) + "\n";
  std::string lines;
  for (const auto& id : message_ids)
    lines += one_word(id) + rest;
  for (std::size_t done = 0; done < lines.size();) {
    const auto n = ::write(fd_, lines.data() + done, lines.size() - done);
    if (n < 0 && errno != EINTR)
      return false;
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  return true;
}

} // namespace sluice
