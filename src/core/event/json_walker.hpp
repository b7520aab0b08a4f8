#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace sluice {

/// Walks over JSON text without building a tree of it, however deep it is, and knows where it is. What a derived class
/// does not override is passed over; a text that is not JSON ends the walk.
class json_walker : public nlohmann::json_sax<nlohmann::json> {
public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(std::int64_t) override { return true; }
  bool number_unsigned(std::uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return enter(); }
  bool key(std::string& name) override {
    name_ = name;
    return true;
  }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

protected:
  /// How many objects and arrays are around the present value.
  int depth() const noexcept { return depth_; }
  /// The name of the member that was met last.
  const std::string& name() const noexcept { return name_; }

private:
  bool enter() {
    ++depth_;
    return true;
  }
  bool leave() {
    --depth_;
    return true;
  }

  int depth_ = 0;
  std::string name_;
};

} // namespace sluice
