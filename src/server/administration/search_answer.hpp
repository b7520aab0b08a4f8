#pragma once

#include <cstddef>
#include <memory>

#include "core/persistence/dead_search.hpp"
#include "server/service.hpp"

namespace sluice {

/// An answer that is made of the dead letters that a search finds.
class search_answer {
public:
  virtual ~search_answer() = default;

  /// How many letters of the next page it takes at most; 0: it has enough.
  virtual std::size_t room() const = 0;
  /// Takes a letter. Returns false if there is no room for it, so that the answer ends before it. Errors: the queue's.
  virtual result<bool> add(queue_admin&, dead_letter) = 0;
  /// Returns the answer after a search, which may go on elsewhere.
  virtual reply made(const dead_search&) = 0;
};

/// Returns what answers with so many letters, as a JSON list without events.
std::unique_ptr<search_answer> list_answer(std::size_t limit);

/// Returns what answers with the largest groups of letters.
std::unique_ptr<search_answer> groups_answer();

/// The most bytes of lines that an export answers with, unless one letter has more.
inline constexpr std::size_t most_bytes_of_export = std::size_t{8} << 20;

/// Returns what answers with so many letters, a line each, with their events.
std::unique_ptr<search_answer> export_answer(std::size_t limit);

} // namespace sluice
