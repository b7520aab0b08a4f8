#include "cli/deliver/config_file.hpp"

#include <fstream>

#include <caf/actor_system_config.hpp>

#include "sluice/config.hpp"

namespace sluice {

namespace {

class config_reader : public caf::actor_system_config {
public:
  config_reader() { configure(*this, custom_options_); }
};

} // namespace

std::vector<error> read_config_file(const std::string& path, options& out) {
  std::ifstream file{path};
  if (!file || file.peek() == std::ifstream::traits_type::eof())
    return {{errc::invalid_option, "", "cannot be read or is empty"}};
  config_reader config;
  if (const auto why = config.parse(std::vector<std::string>{}, file))
    return {{errc::invalid_option, "", "malformed: " + caf::to_string(why)}};
  return options_from(config, out);
}

} // namespace sluice
