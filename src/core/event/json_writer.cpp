#include "core/event/json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/utf8.hpp"

namespace sluice {

namespace {

// Bytes that need no escape in a JSON string. A table, because nearly every byte of an event is looked up here.
constexpr auto plain = [] {
  std::array<bool, 256> is{};
  for (std::size_t c = 0x20; c < 0x80; ++c)
    is[c] = c != '"' && c != '\\';
  return is;
}();

void escape(std::string& out, char c) {
  constexpr char digits[] = "0123456789abcdef";
  switch (c) {
  case '"':
    out += "\\\"";
    break;
  case '\\':
    out += "\\\\";
    break;
  case '\b':
    out += "\\b";
    break;
  case '\f':
    out += "\\f";
    break;
  case '\n':
    out += "\\n";
    break;
  case '\r':
    out += "\\r";
    break;
  case '\t':
    out += "\\t";
    break;
  default:
    out += "\\u00";
    out += digits[static_cast<unsigned char>(c) >> 4U];
    out += digits[static_cast<unsigned char>(c) & 15U];
  }
}

template <class Number>
void append_number(std::string& out, Number n) {
  std::array<char, 32> text{};
  const auto [end, why] = std::to_chars(text.data(), text.data() + text.size(), n);
  out.append(text.data(), end);
}

} // namespace

void json_writer::string(std::string_view text, std::string_view field) {
  out_ += '"';
  std::size_t begin = 0, i = 0;
  while (i < text.size()) {
    while (i < text.size() && plain[static_cast<unsigned char>(text[i])])
      ++i;
    if (i == text.size())
      break;
    if (static_cast<unsigned char>(text[i]) >= 0x80) {
      const auto length = utf8_length(text, i);
      if (length == 0)
        return fail(errc::invalid_utf8, std::string{field},
                    "valid UTF-8 was expected, byte " + std::to_string(i) + " is not");
      i += length;
    } else {
      out_.append(text, begin, i - begin);
      escape(out_, text[i]);
      begin = ++i;
    }
  }
  out_.append(text, begin, i - begin);
  out_ += '"';
}

void json_writer::number(std::int64_t n) {
  append_number(out_, n);
}

void json_writer::number(std::uint64_t n) {
  append_number(out_, n);
}

void json_writer::number(double n, std::string_view field) {
  if (!std::isfinite(n))
    return fail(errc::invalid_number, std::string{field},
                "a number that JSON can represent was expected, not NaN or infinity");
  append_number(out_, n);
}

void json_writer::value(const property_value& v, std::string_view field) {
  if (const auto* s = std::get_if<std::string_view>(&v))
    string(*s, field);
  else if (const auto* d = std::get_if<double>(&v))
    number(*d, field);
  else if (const auto* i = std::get_if<std::int64_t>(&v))
    number(*i);
  else if (const auto* u = std::get_if<std::uint64_t>(&v))
    number(*u);
  else if (const auto* b = std::get_if<bool>(&v))
    raw(*b ? "true" : "false");
  else
    raw("null");
}

void json_writer::value(const nlohmann::json& v, std::string_view field, int depth) {
  if (!ok_) // the path of an earlier error is complete
    return;
  tree(v, depth);
  if (!ok_)
    error_.field.insert(0, field);
}

// The path of an error is composed on the way back, so that valid input pays nothing for it.
void json_writer::tree(const nlohmann::json& v, int depth) {
  using kind = nlohmann::json::value_t;
  if (depth > max_depth)
    return fail(errc::too_deep, "", "nested deeper than " + std::to_string(max_depth));
  switch (v.type()) {
  case kind::null:
    return raw("null");
  case kind::boolean:
    return raw(v.get<bool>() ? "true" : "false");
  case kind::number_integer:
    return number(v.get<std::int64_t>());
  case kind::number_unsigned:
    return number(v.get<std::uint64_t>());
  case kind::number_float:
    return number(v.get<double>(), "");
  case kind::string:
    return string(v.get_ref<const std::string&>(), "");
  case kind::array:
    raw("[");
    for (std::size_t i = 0; i < v.size(); ++i) {
      if (i > 0)
        raw(",");
      tree(v[i], depth + 1);
      if (!ok_)
        return static_cast<void>(error_.field.insert(0, "[" + std::to_string(i) + "]"));
    }
    return raw("]");
  case kind::object:
    raw("{");
    for (auto i = v.begin(); i != v.end(); ++i) {
      if (i != v.begin())
        raw(",");
      string(i.key(), "");
      raw(":");
      if (ok_)
        tree(i.value(), depth + 1);
      if (!ok_)
        return static_cast<void>(error_.field.insert(0, "." + i.key()));
    }
    return raw("}");
  case kind::binary:
    return fail(errc::wrong_kind, "", "JSON has no binary values");
  case kind::discarded:
    break;
  }
  fail(errc::invalid_json, "", "invalid JSON");
}

void json_writer::fail(errc code, std::string field, std::string message) {
  if (!std::exchange(ok_, false))
    return;
  error_ = {code, std::move(field), std::move(message)};
}

} // namespace sluice
