#include "cli/man_pages.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "cli/complain.hpp"
#include "sluice/version.hpp"

namespace sluice {

namespace {

// Escapes text for roff: no line becomes a request, and every hyphen can be copied.
std::string roff(const std::string& text) {
  std::string out = !text.empty() && (text[0] == '.' || text[0] == '\'') ? "\\&" : "";
  for (const char c : text)
    out += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string{c};
  return out;
}

std::string bold(const std::string& text) {
  return "\\fB" + roff(text) + "\\fR";
}

std::string italic(const std::string& text) {
  return "\\fI" + roff(text) + "\\fR";
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string sentence(const std::string& text) {
  return text.empty() || text.back() == '.' ? text : text + '.';
}

std::string page_of(const std::string& path) {
  return bold(joined(path, '-')) + "(1)";
}

std::string synopsis(const command_model& command) {
  std::string line = bold(command.path) + " [" + italic("OPTIONS") + ']';
  for (const auto& a : command.arguments)
    if (a.positional)
      line +=
          (a.required ? " " : " [") + italic(a.names.front()) + (a.repeated ? " ..." : "") + (a.required ? "" : "]");
  return command.commands.empty() ? line : line + ' ' + italic("COMMAND");
}

std::string entry(const argument_model& a) {
  std::string tag;
  for (const auto& name : a.names)
    tag += (tag.empty() ? "" : ", ") + (a.positional ? italic(name) : bold(name));
  if (!a.positional && !a.value.empty())
    tag += ' ' + italic(a.value);
  std::string text = sentence(a.description);
  std::string choices;
  for (const auto& word : a.choices)
    choices += (choices.empty() ? "" : ", ") + word;
  if (!choices.empty())
    text += " One of " + choices + '.';
  if (!a.range.empty())
    text += " Range: " + a.range + '.';
  if (!a.default_value.empty())
    text += " Default: " + a.default_value + '.';
  if (!a.variable.empty())
    text += " Environment: " + a.variable + '.';
  if (a.required)
    text += " Required.";
  return ".TP\n" + tag + '\n' + roff(text) + '\n';
}

// Writes the sections after the options. Their indented lines are shown verbatim.
struct footer_text {
  std::string prose;
  std::string sections;
};

footer_text render(const std::string& footer) {
  footer_text out;
  bool in_section = false, verbatim = false;
  std::istringstream lines{footer};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty())
      continue;
    const bool indented = line.substr(0, 2) == "  ";
    const bool heading = !indented && line.back() == ':';
    if (verbatim && !indented)
      out.sections += heading ? ".EE\n" : ".EE\n.PP\n";
    in_section = in_section || heading;
    auto& target = in_section ? out.sections : out.prose;
    if (heading)
      target += ".SH " + upper(line.substr(0, line.size() - 1)) + '\n';
    else
      target += (indented && !verbatim ? ".EX\n" : "") + roff(indented ? line.substr(2) : line) + '\n';
    verbatim = indented;
  }
  if (verbatim)
    out.sections += ".EE\n";
  return out;
}

bool write_pages(const std::filesystem::path& folder, const command_model& command, const std::string& parent = "") {
  const auto file = folder / (joined(command.path, '-') + ".1");
  std::ofstream out{file};
  out << man_page(command, parent);
  out.close();
  if (!out) {
    complain("man-pages", file.string() + " cannot be written");
    return false;
  }
  return std::all_of(command.commands.begin(), command.commands.end(),
                     [&](const auto& c) { return write_pages(folder, c, command.path); });
}

} // namespace

std::string man_page(const command_model& command, const std::string& parent) {
  const auto footer = render(command.footer);
  std::string page = ".TH " + upper(roff(joined(command.path, '-'))) + " 1 \"\" \"Sluice " SLUICE_VERSION_STRING +
                     "\" \"User Commands\"\n.SH NAME\n" + roff(joined(command.path, '-')) + " \\- " +
                     roff(command.description) + "\n.SH SYNOPSIS\n" + synopsis(command) + '\n';
  page += ".SH DESCRIPTION\n" + roff(sentence(command.description)) + '\n';
  if (!footer.prose.empty())
    page += ".PP\n" + footer.prose;
  if (!command.commands.empty())
    page += ".SH COMMANDS\n";
  for (const auto& c : command.commands)
    page += ".TP\n" + page_of(c.path) + '\n' + roff(sentence(c.description)) + '\n';
  page += ".SH OPTIONS\n";
  for (const auto& a : command.arguments)
    page += entry(a);
  page += footer.sections;
  if (!parent.empty())
    page += ".SH SEE ALSO\n" + page_of(parent) + '\n';
  return page;
}

void add_man_pages_command(CLI::App& app, int& exit_code) {
  auto folder = std::make_shared<std::string>();
  auto* cmd = app.add_subcommand("man-pages", "Write a man page for each command")->group("");
  cmd->add_option("FOLDER", *folder, "The folder for the pages")->required()->check(CLI::ExistingDirectory);
  cmd->callback([&app, &exit_code, folder] { exit_code = write_pages(*folder, model_of(app)) ? 0 : 1; });
}

} // namespace sluice
