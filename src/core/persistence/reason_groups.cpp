#include "core/persistence/reason_groups.hpp"

#include <algorithm>
#include <vector>

namespace sluice {

namespace {

// An id is a word at least as long as this that has letters and digits, or is a UUID.
constexpr std::size_t shortest_id = 8;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_word(char c) {
  return is_digit(c) || is_letter(c) || c == '-' || c == '_';
}

std::size_t end_of(std::string_view text, std::size_t from, bool (*belongs)(char)) {
  while (from < text.size() && belongs(text[from]))
    ++from;
  return from;
}

void append_pattern(std::string& out, std::string_view word) {
  const auto digits = static_cast<std::size_t>(std::count_if(word.begin(), word.end(), is_digit));
  const bool has_letters = std::any_of(word.begin(), word.end(), is_letter);
  if (word.size() >= shortest_id && digits > 0 && has_letters) {
    out += "<id>";
    return;
  }
  for (std::size_t at = 0; at < word.size();) {
    const bool is_number = is_digit(word[at]) && (at == 0 || !is_letter(word[at - 1]));
    const auto end = is_number ? end_of(word, at, is_digit) : at + 1;
    // What letters follow is a name, as in 2xx, and no number.
    if (is_number && (end == word.size() || !is_letter(word[end])))
      out += "<n>";
    else
      out += word.substr(at, end - at);
    at = end;
  }
}

} // namespace

std::string reason_pattern(std::string_view reason) {
  std::string out;
  for (std::size_t at = 0; at < reason.size();) {
    const auto end = end_of(reason, at, is_word);
    append_pattern(out, reason.substr(at, end - at));
    if (end < reason.size())
      out += reason[end];
    at = end + 1;
  }
  return out;
}

void reason_groups::add(const dead_letter& d) {
  auto& g = groups_[{d.why.status, reason_pattern(d.why.reason)}];
  g.oldest = g.letters == 0 ? d.died : std::min(g.oldest, d.died);
  g.newest = g.letters == 0 ? d.died : std::max(g.newest, d.died);
  ++g.letters;
  g.events += d.events;
}

std::pair<nlohmann::ordered_json, std::size_t> reason_groups::largest() const {
  using entry = std::pair<const std::pair<int, std::string>, group>;
  std::vector<const entry*> all;
  for (const auto& g : groups_)
    all.push_back(&g);
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), most_listed));
  std::partial_sort(all.begin(), end, all.end(), [](const entry* a, const entry* b) {
    return a->second.events != b->second.events ? a->second.events > b->second.events : a->first < b->first;
  });
  auto listed = nlohmann::ordered_json::array();
  for (auto g = all.begin(); g != end; ++g)
    listed.push_back({{"status", (*g)->first.first},
                      {"reason", (*g)->first.second},
                      {"letters", (*g)->second.letters},
                      {"events", (*g)->second.events},
                      {"oldest_ms", (*g)->second.oldest.time_since_epoch().count()},
                      {"newest_ms", (*g)->second.newest.time_since_epoch().count()}});
  const auto more = all.size() - listed.size();
  return {std::move(listed), more};
}

} // namespace sluice
