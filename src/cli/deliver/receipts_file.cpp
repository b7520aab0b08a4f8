#include "cli/deliver/receipts_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace sluice {

namespace {

constexpr std::size_t max_write = 4096;
// As the encoder takes them.
constexpr std::size_t max_id = 128;

error refused(std::string message) {
  return {errc::invalid_option, "--receipts", std::move(message)};
}

error failure(const std::string& what) {
  return refused(what + ": " + std::strerror(errno));
}

// Whether a receipt may have the byte: quotes and braces are left out, so that no line of JSON passes for one.
bool is_in_receipt(char c) {
  return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '"' && c != '{' && c != '}';
}

// Returns where the last line of receipts ends.
result<off_t> end_of_receipts(int fd, const std::string& path) {
  std::array<char, std::size_t{64} * 1024> block{};
  off_t begin = 0; // of the line
  for (off_t at = 0;;) {
    const auto n = ::pread(fd, block.data(), block.size(), at);
    if (n < 0)
      return failure(path);
    if (n == 0)
      return begin;
    for (const auto* c = block.data(); c < block.data() + n; ++c, ++at) {
      const auto length = static_cast<std::size_t>(at - begin);
      const bool ends = *c == '\n' && length > 0;
      if (!ends && (!is_in_receipt(*c) || length == max_id))
        return refused(path + " holds something else than receipts; a new file, or one that this option has written, " +
                       "was expected");
      if (ends)
        begin = at + 1;
    }
  }
}

} // namespace

result<receipts_file> receipts_file::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0)
    return failure(path);
  receipts_file file{fd};
  const auto size = ::lseek(fd, 0, SEEK_END);
  if (size < 0)
    return failure(path);
  const auto end = size == 0 ? result<off_t>{0} : end_of_receipts(fd, path);
  if (!end)
    return end.error();
  if (*end < size && ::ftruncate(fd, *end) != 0)
    return failure(path);
  return file;
}

receipts_file::receipts_file(receipts_file&& other) noexcept
    : fd_{std::exchange(other.fd_, -1)}, broken_{other.broken_} {}

receipts_file::~receipts_file() {
  if (fd_ >= 0)
    ::close(fd_);
}

result<void> receipts_file::append(const std::vector<std::string>& message_ids) {
  std::string block;
  for (const auto& id : message_ids) {
    if (block.size() + id.size() + 1 > max_write) {
      if (auto done = write(block); !done)
        return done;
      block.clear();
    }
    for (const char c : id)
      block += is_in_receipt(c) ? c : '?';
    block += '\n';
  }
  return write(block);
}

result<void> receipts_file::write(const std::string& block) {
  if (broken_)
    return {}; // reported before; a line written after a partial one would be part of it
  std::size_t done = 0;
  while (done < block.size()) {
    const auto n = ::write(fd_, block.data() + done, block.size() - done);
    if (n < 0 && errno != EINTR) {
      broken_ = true;
      return failure("receipts can no longer be written");
    }
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  return {};
}

} // namespace sluice
