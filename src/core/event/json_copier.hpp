#pragma once

#include <string>
#include <string_view>

#include <simdjson.h>

namespace sluice {

/// @{
/// Returns the bytes that the value, or the name of the member, begins with: a string with its quotes, a number, a word
/// or an opening bracket.
std::string_view token_of(simdjson::ondemand::value&);
std::string_view name_token_of(simdjson::ondemand::field&);
/// @}

/// Returns the whole text of a value, and goes on behind it. It has brackets and strings that end, and is otherwise
/// unchecked.
simdjson::simdjson_result<std::string_view> text_of_value(simdjson::ondemand::value&);

/// Returns whether a string token has no escapes. Then the bytes between its quotes are what it says.
bool is_plain(std::string_view token);

/// Goes on behind a string that is plain. simdjson must be told: what nobody has asked for it skips, and a string that
/// is skipped may be followed by a colon. Returns false if the text is not valid there.
bool pass_plain_string(simdjson::ondemand::value&);

/// Appends JSON values that simdjson reads on demand to a string: the bytes that they were given as, but for white
/// space between tokens, and with escapes only where the encoder writes some as well.
///
/// simdjson checks what is asked for, and this asks for everything. It returns false for a value that is not valid, is
/// nested too deep, or has a number that neither 64 bits nor a double can represent; and for some others.
class json_copier {
public:
  /// `out` is complete after `flush`.
  explicit json_copier(std::string& out) : out_{out} {}

  /// Copies a value. `depth` is how deep it is nested itself.
  bool value(simdjson::ondemand::value&, int depth);
  /// Copies the name and the value of a member. `depth` is that of the value.
  bool member(simdjson::ondemand::field&, int depth);
  /// Copies what stands between two tokens, or behind the last one.
  void punctuation(char);
  bool is_empty() const noexcept { return out_.empty() && end_ == nullptr; }
  void flush();

private:
  bool array(simdjson::ondemand::value&, int depth);
  bool object(simdjson::ondemand::value&, int depth);
  bool number(simdjson::ondemand::value&);
  bool unescaped(simdjson::simdjson_result<std::string_view>);
  bool token(std::string_view);

  std::string& out_;
  /// Bytes that stand side by side in the text, and are appended as one.
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
};

} // namespace sluice
