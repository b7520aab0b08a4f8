#include "cli/command_model.hpp"

#include <algorithm>

namespace sluice {

namespace {

std::string inside(const std::string& text, char open, char close) {
  const auto begin = text.find(open);
  const auto end = text.find(close, begin == std::string::npos ? 0 : begin);
  return end == std::string::npos || begin == std::string::npos ? "" : text.substr(begin + 1, end - begin - 1);
}

argument_model model_of(const CLI::Option& option) {
  argument_model a;
  a.positional = option.get_positional();
  a.repeated = a.positional && option.get_items_expected_max() > 1;
  if (a.positional)
    a.names = {option.get_name(true)};
  for (const auto& name : option.get_lnames())
    a.names.push_back("--" + name);
  for (const auto& name : option.get_snames())
    a.names.push_back("-" + name);
  if (option.get_type_size() != 0) {
    // CLI11 returns the type and, after a colon, the descriptions of the validators: TEXT:{full,normal}, INT:INT in [1
    // - 86400].
    const auto type = option.get_type_name();
    const auto colon = std::min(type.find(':'), type.size());
    const auto check = type.substr(colon);
    a.value = type.substr(0, colon);
    a.choices = CLI::detail::split(inside(check, '{', '}'), ',');
    std::erase(a.choices, "");
    a.range = inside(check, '[', ']');
  }
  a.required = option.get_required();
  a.description = option.get_description();
  a.default_value = option.get_default_str();
  a.variable = option.get_envname();
  return a;
}

} // namespace

command_model model_of(const CLI::App& app, const std::string& parent) {
  command_model c;
  c.path = parent.empty() ? app.get_name() : parent + ' ' + app.get_name();
  c.description = app.get_description();
  c.footer = app.get_footer();
  for (const auto* option : app.get_options({}))
    c.arguments.push_back(model_of(*option));
  for (const auto* command : app.get_subcommands([](const CLI::App* a) { return !a->get_group().empty(); }))
    c.commands.push_back(model_of(*command, c.path));
  return c;
}

std::string joined(std::string path, char between) {
  std::replace(path.begin(), path.end(), ' ', between);
  return path;
}

} // namespace sluice
