#include "core/persistence/burial_guard.hpp"

namespace sluice {

void burial_guard::limit(std::vector<unit_of_work>& all) const {
  auto room = most_ - in_a_row_;
  for (auto& unit : all)
    for (auto& s : unit.settlements) {
      const auto* b = std::get_if<bury>(&s);
      if (!b || b->expired)
        continue;
      if (room == 0)
        s = release{lease{b->lease}};
      else
        --room;
    }
}

void burial_guard::note(const settlement& s, settle_outcome came_of_it) noexcept {
  if (came_of_it != settle_outcome::applied || tripped()) // what was under way when it tripped changes nothing
    return;
  if (std::holds_alternative<ack>(s))
    in_a_row_ = 0;
  const auto* b = std::get_if<bury>(&s);
  if (!b || b->expired)
    return;
  in_a_row_ = b->why.status == status_ ? in_a_row_ + 1 : 1;
  status_ = b->why.status;
}

} // namespace sluice
