#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace sluice {

/// Compresses with ISA-L if the build has found it, and else with libdeflate, which takes about twice the time; a
/// decoder gets the same bytes. Owns its state, which is expensive to create. For use by one thread.
class compressor {
public:
  compressor();
  ~compressor();
  compressor(const compressor&) = delete;
  compressor& operator=(const compressor&) = delete;

  /// Appends `text`, of at most 4 GiB, as raw deflate data, which end with their final block.
  void append(std::string& out, std::string_view text);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace sluice
