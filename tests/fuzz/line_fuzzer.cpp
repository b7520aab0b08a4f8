// The lines of a file or a pipe, as `sluice send` reads them: what arrives in pieces is cut as if it came at once.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "cli/deliver/line_reader.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

using namespace sluice;

namespace {

constexpr std::size_t longest = 32;
constexpr std::size_t most_pieces = 15; // a pipe has room for sixteen

// Writes the text to a pipe that gives every piece to a read of its own.
std::string pipe_of(std::string_view text, int (&ends)[2]) {
  require(::pipe2(ends, O_CLOEXEC | O_DIRECT) == 0, "a pipe can be made");
  const auto piece = std::clamp<std::size_t>(text.size() / most_pieces + 1, 1, 4096);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const auto some = text.substr(at, piece);
    require(::write(ends[1], some.data(), some.size()) == static_cast<ssize_t>(some.size()), "a pipe takes a piece");
  }
  ::close(ends[1]);
  return "/dev/fd/" + std::to_string(ends[0]);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto rest = text_of(data, size);
  int ends[2];
  auto reader = line_reader::open(pipe_of(rest, ends), longest, -1);
  require(reader.has_value(), "a pipe can be read");
  for (std::uint64_t number = 1; !rest.empty(); ++number) {
    const auto expected = take_line(rest);
    const auto found = reader->next();
    require(reader->number() == number, "lines are counted");
    if (expected.size() > longest)
      require(found == line_reader::outcome::too_long, "a line that is too long is called that");
    else
      require(found == line_reader::outcome::line && reader->text() == expected, "a line is read as it is");
  }
  require(reader->next() == line_reader::outcome::end, "the end comes after the last line");
  ::close(ends[0]);
  return 0;
}
