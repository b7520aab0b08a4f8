#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sluice/error.hpp"

namespace sluice {

/// Builds JSON from the parts that nlohmann's parser reads. Unlike nlohmann's own builder it takes no number whose
/// digits would change, and no deeper nesting than is allowed. It keeps the first error, with the path of the
/// wrong field.
class json_builder : public nlohmann::json_sax<nlohmann::json> {
public:
  /// `max_levels`: the most containers inside of each other.
  explicit json_builder(std::size_t max_levels) : max_levels_{max_levels} {}

  bool null() override { return put(nullptr); }
  bool boolean(bool b) override { return put(b); }
  bool number_integer(std::int64_t n) override { return put(n); }
  bool number_unsigned(std::uint64_t n) override { return put(n); }
  bool number_float(double n, const std::string& text) override;
  bool string(std::string& text) override { return put(std::move(text)); }
  bool binary(binary_t&) override { return false; } // JSON text has none
  bool start_object(std::size_t) override { return open(nlohmann::json::object()); }
  bool key(std::string& name) override;
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(nlohmann::json::array()); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string& last_token, const nlohmann::json::exception& why) override;

  /// Returns the JSON, once the parser has read all of it.
  nlohmann::json take() { return std::move(root_); }
  /// Returns the error, once the parser has failed.
  const error& first_error() const noexcept { return error_; }

private:
  bool put(nlohmann::json value);
  bool open(nlohmann::json container);
  bool close();
  bool fail(errc code, std::string message);
  std::string path() const;

  const std::size_t max_levels_;
  nlohmann::json root_;
  /// The containers that have begun and not ended, the innermost last.
  std::vector<nlohmann::json*> open_;
  /// The last name in each of them; empty in an array.
  std::vector<std::string> names_;
  error error_;
};

} // namespace sluice
