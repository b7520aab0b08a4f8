#include "server/administration/search_answer.hpp"

#include <algorithm>
#include <utility>

#include "core/persistence/dead_cursor.hpp"
#include "core/persistence/dead_letter_json.hpp"
#include "core/persistence/reason_groups.hpp"
#include "server/administration/answers.hpp"

namespace sluice {

namespace {

constexpr std::size_t groups_page = 500;
// Few, because each is read by itself, and other calls wait meanwhile.
constexpr std::size_t exported_page = 20;

// Returns where the next search goes on; empty if there is nothing more. Letters that are asked for by id have no
// order.
std::string place_after(const dead_search& s) {
  return s.is_over() || !s.filter().ids.empty() ? "" : s.where().after;
}

reply page_answer(nlohmann::ordered_json json, const dead_search& s) {
  const auto next = place_after(s);
  json["next"] = next.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(next);
  json["looked_at"] = s.where().looked_at;
  return admin_answer(200, json);
}

class list_of_letters : public search_answer {
public:
  explicit list_of_letters(std::size_t limit) : room_{limit} {}

  std::size_t room() const override { return room_; }
  result<bool> add(queue_admin&, dead_letter d) override {
    --room_;
    letters_.push_back(json_of(d));
    return true;
  }
  reply made(const dead_search& s) override { return page_answer({{"letters", std::move(letters_)}}, s); }

private:
  std::size_t room_;
  nlohmann::ordered_json letters_ = nlohmann::ordered_json::array();
};

class groups_of_letters : public search_answer {
public:
  std::size_t room() const override { return groups_.is_full() ? 0 : groups_page; }
  result<bool> add(queue_admin&, dead_letter d) override {
    groups_.add(d);
    return true;
  }
  reply made(const dead_search& s) override {
    auto [groups, more] = groups_.largest();
    return page_answer({{"groups", std::move(groups)}, {"more_groups", more}}, s);
  }

private:
  reason_groups groups_;
};

class lines_of_letters : public search_answer {
public:
  explicit lines_of_letters(std::size_t limit) : room_{limit} {}

  std::size_t room() const override { return is_cut_ ? 0 : std::min(room_, exported_page); }

  result<bool> add(queue_admin& queue, dead_letter d) override {
    auto place = cursor_of(d);
    if (!d.payload) {
      auto whole = queue.show_dead(d.id);
      if (!whole && whole.error().code != errc::unknown_batch)
        return whole.error();
      if (!whole) // replayed or purged meanwhile
        return true;
      d = std::move(*whole);
    }
    const auto line = one_line(exported_json(d)) + '\n';
    is_cut_ = !lines_.empty() && lines_.size() + line.size() > most_bytes_of_export;
    if (is_cut_)
      return false;
    --room_;
    lines_.append(line);
    last_ = std::move(place);
    return true;
  }

  reply made(const dead_search& s) override {
    if (is_cut_ && !s.filter().ids.empty())
      return admin_failure(400, "names letters that are too long for one answer: ask for fewer", "id");
    return admin_lines(std::move(lines_), is_cut_ ? last_ : place_after(s));
  }

private:
  std::size_t room_;
  std::string lines_;
  /// The cursor of the last letter that has a line.
  std::string last_;
  bool is_cut_ = false;
};

} // namespace

std::unique_ptr<search_answer> list_answer(std::size_t limit) {
  return std::make_unique<list_of_letters>(limit);
}

std::unique_ptr<search_answer> groups_answer() {
  return std::make_unique<groups_of_letters>();
}

std::unique_ptr<search_answer> export_answer(std::size_t limit) {
  return std::make_unique<lines_of_letters>(limit);
}

} // namespace sluice
