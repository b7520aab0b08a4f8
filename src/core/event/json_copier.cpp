#include "core/event/json_copier.hpp"

#include <utility>

#include "core/event/json_number.hpp"
#include "core/event/json_writer.hpp"

namespace sluice {

namespace {

bool stands_between_tokens(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ':';
}

// Returns the token that begins at `begin`. The next one begins at `end`.
std::string_view token_between(const char* begin, const char* end) {
  while (end > begin && stands_between_tokens(end[-1]))
    --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

} // namespace

std::string_view token_of(simdjson::ondemand::value& v) {
  const auto up_to_next = v.raw_json_token();
  return token_between(up_to_next.data(), up_to_next.data() + up_to_next.size());
}

std::string_view name_token_of(simdjson::ondemand::field& f) {
  return token_between(f.key().raw() - 1, f.value().raw_json_token().data());
}

simdjson::simdjson_result<std::string_view> text_of_value(simdjson::ondemand::value& v) {
  namespace ondemand = simdjson::ondemand;
  auto first = token_of(v);
  if (first.starts_with('{')) {
    ondemand::object object;
    const auto why = v.get_object().get(object);
    return why ? simdjson::simdjson_result<std::string_view>{why} : object.raw_json();
  }
  if (first.starts_with('[')) {
    ondemand::array array;
    const auto why = v.get_array().get(array);
    return why ? simdjson::simdjson_result<std::string_view>{why} : array.raw_json();
  }
  return first;
}

bool is_plain(std::string_view token) {
  return token.find('\\') == std::string_view::npos;
}

bool pass_plain_string(simdjson::ondemand::value& v) {
  return !v.get_raw_json_string().error();
}

bool json_copier::value(simdjson::ondemand::value& v, int depth) {
  if (depth > max_depth)
    return false;
  const auto given = token_of(v);
  switch (given.empty() ? '\0' : given.front()) {
  case '{':
    return object(v, depth);
  case '[':
    return array(v, depth);
  case '"':
    return is_plain(given) ? pass_plain_string(v) && token(given) : unescaped(v.get_string());
  case 't':
  case 'f':
    return !v.get_bool().error() && token(given);
  case 'n':
    return !v.is_null().error() && given == "null" && token(given);
  default:
    return number(v);
  }
}

bool json_copier::member(simdjson::ondemand::field& f, int depth) {
  const auto name = name_token_of(f);
  if (!(is_plain(name) ? token(name) : unescaped(f.unescaped_key())))
    return false;
  punctuation(':');
  return value(f.value(), depth);
}

bool json_copier::array(simdjson::ondemand::value& v, int depth) {
  token(token_of(v));
  simdjson::ondemand::array elements;
  if (v.get_array().get(elements))
    return false;
  bool is_first = true;
  for (auto next : elements) {
    simdjson::ondemand::value element;
    if (decltype(next){next}.get(element)) // `get` is for temporaries only
      return false;
    if (!std::exchange(is_first, false))
      punctuation(',');
    if (!value(element, depth + 1))
      return false;
  }
  punctuation(']');
  return true;
}

bool json_copier::object(simdjson::ondemand::value& v, int depth) {
  token(token_of(v));
  simdjson::ondemand::object members;
  if (v.get_object().get(members))
    return false;
  bool is_first = true;
  for (auto next : members) {
    simdjson::ondemand::field f;
    if (std::move(next).get(f))
      return false;
    if (!std::exchange(is_first, false))
      punctuation(',');
    if (!member(f, depth + 1))
      return false;
  }
  punctuation('}');
  return true;
}

bool json_copier::number(simdjson::ondemand::value& v) {
  const auto given = token_of(v);
  simdjson::ondemand::number n;
  if (v.get_number().get(n))
    return false;
  const bool fits = n.is_int64() || n.is_uint64() || (n.is_double() && keeps_digits(n.get_double(), given));
  return fits && token(given);
}

// Takes a string whose escapes are resolved, or the error of one that is not valid, as half of a surrogate pair.
bool json_copier::unescaped(simdjson::simdjson_result<std::string_view> given) {
  std::string_view text;
  if (std::move(given).get(text))
    return false;
  flush();
  json_writer writer{out_};
  writer.string(text, "");
  return writer.ok();
}

bool json_copier::token(std::string_view given) {
  if (given.data() != end_) {
    flush();
    begin_ = given.data();
  }
  end_ = given.data() + given.size();
  return true;
}

void json_copier::punctuation(char c) {
  if (end_ != nullptr && *end_ == c) {
    ++end_;
    return;
  }
  flush();
  out_ += c;
}

void json_copier::flush() {
  if (end_ != nullptr)
    out_.append(begin_, end_);
  begin_ = end_ = nullptr;
}

} // namespace sluice
