#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "sluice/error.hpp"
#include "sluice/event.hpp"

namespace sluice {

/// The deepest nesting of JSON.
inline constexpr int max_depth = 64;

/// Writes JSON directly as bytes. It keeps the first error, with the path of the wrong field
/// (`properties.items[3].price`); the output must then not be used.
class json_writer {
public:
  explicit json_writer(std::string& out) : out_{out} {}

  void raw(std::string_view text) { out_ += text; }
  /// Writes a string, quoted and escaped. It must be valid UTF-8. `field` names it in an error.
  void string(std::string_view text, std::string_view field);
  void number(std::int64_t);
  void number(std::uint64_t);
  void number(double, std::string_view field);
  void value(const property_value&, std::string_view field);
  /// Writes any JSON. `depth` is how deep it is nested itself.
  void value(const nlohmann::json&, std::string_view field, int depth = 1);

  bool ok() const noexcept { return ok_; }
  const error& first_error() const noexcept { return error_; }
  void fail(errc, std::string field, std::string message);
  /// Completes the path of the first error.
  void put_before_field(std::string_view path) { error_.field.insert(0, path); }

private:
  void tree(const nlohmann::json&, int depth);

  std::string& out_;
  bool ok_ = true;
  error error_{};
};

} // namespace sluice
