#include "cli/completion.hpp"

#include <iostream>
#include <memory>

namespace sluice {

namespace {

constexpr const char* completion_help = "Prints the script. The Debian package installs it.\n\n"
                                        "Examples:\n"
                                        "  source <(sluice completion bash)\n"
                                        "  sluice completion zsh > ~/.zfunc/_sluice";

// -- bash -------------------------------------------------------------------------------------------------------------

std::string spaced(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words)
    all += (all.empty() ? "" : " ") + word;
  return all;
}

std::string alternatives(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words)
    all += (all.empty() ? "" : " | ") + word;
  return all;
}

// Each command has a case with the words that may follow the previous word: a value, or a word of the command.
struct bash_cases {
  std::string commands; // the pattern that recognises a command, subcommands after their parents
  std::string words;

  void add(const command_model& c) {
    std::vector<std::string> own, files, others;
    bool takes_file = false;
    std::string values;
    for (const auto& sub : c.commands) {
      own.push_back(sub.name());
      commands += (commands.empty() ? "\"" : " | \"") + sub.path + '"';
      add(sub);
    }
    for (const auto& a : c.arguments) {
      if (a.positional) {
        own.insert(own.end(), a.choices.begin(), a.choices.end());
        takes_file = takes_file || a.takes_file();
        continue;
      }
      own.push_back(a.names.front());
      if (!a.choices.empty())
        values += "    " + alternatives(a.names) + ") words=\"" + spaced(a.choices) + "\" ;;\n";
      else if (!a.value.empty())
        (a.takes_file() ? files : others).push_back(alternatives(a.names));
    }
    if (!files.empty())
      values += "    " + alternatives(files) + ") files=yes ;;\n";
    if (!others.empty())
      values += "    " + alternatives(others) + ") ;;\n";
    words += "  \"" + c.path + "\")\n    case $prev in\n" + values + "    *) words=\"" + spaced(own) + '"' +
             (takes_file ? " files=yes" : "") + " ;;\n    esac\n    ;;\n";
  }
};

// -- zsh --------------------------------------------------------------------------------------------------------------

std::string escaped(const std::string& text, const std::string& special) {
  std::string out;
  for (const char c : text)
    out += c == '\'' ? "'\\''" : (special.find(c) == std::string::npos ? "" : "\\") + std::string{c};
  return out;
}

std::string zsh_action(const argument_model& a) {
  return a.takes_file() ? "_files" : a.choices.empty() ? " " : '(' + spaced(a.choices) + ')';
}

std::string zsh_argument(const argument_model& a) {
  if (a.positional)
    return (a.repeated ? "'*:" : a.required ? "':" : "'::") + a.names.front() + ':' + zsh_action(a) + "'";
  const auto help = '[' + escaped(a.description, "\\[]:") + ']';
  const auto value = a.value.empty() ? "" : ':' + a.value + ':' + zsh_action(a);
  const auto others = "'(" + spaced(a.names) + ')';
  const auto rest = (a.value.empty() ? "" : "=") + help + value + "'";
  std::string all;
  for (const auto& name : a.names) {
    all += all.empty() ? "" : " \\\n    ";
    all.append(others).append(name).append(rest);
  }
  return all;
}

std::string zsh_functions(const command_model& c) {
  std::string text;
  for (const auto& sub : c.commands)
    text += zsh_functions(sub);
  const auto name = '_' + joined(c.path, '_');
  text += name + "() {\n";
  if (!c.commands.empty()) {
    text += "  local context state state_descr line\n  typeset -A opt_args\n  local -a commands=(\n";
    for (const auto& sub : c.commands)
      text += "    '" + sub.name() + ':' + escaped(sub.description, "\\") + "'\n";
    text += "  )\n";
  }
  text += std::string{"  _arguments"} + (c.commands.empty() ? "" : " -C");
  for (const auto& a : c.arguments)
    text += " \\\n    " + zsh_argument(a);
  if (!c.commands.empty())
    text += " \\\n    '1: :->command' \\\n    '*:: :->argument'\n"
            "  case $state in\n"
            "  command) _describe command commands ;;\n"
            "  argument) (( $+functions[" +
            name + "_$words[1]] )) && " + name + "_$words[1] ;;\n  esac";
  return text + "\n}\n\n";
}

} // namespace

std::string bash_completion(const command_model& command) {
  bash_cases cases;
  cases.add(command);
  const auto& name = command.path;
  return "# Completion of " + name + " for bash; printed by `" + name + " completion bash`.\n_" + name +
         "() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=" +
         name +
         " words= files= i\n"
         "  # Readline splits --option=value into three words.\n"
         "  if [[ $cur == \"=\" ]]; then\n"
         "    cur=\n"
         "  elif [[ $prev == \"=\" ]]; then\n"
         "    prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
         "  fi\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case \"$command ${COMP_WORDS[i]}\" in\n"
         "    " +
         cases.commands +
         ") command+=\" ${COMP_WORDS[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case $command in\n" +
         cases.words +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\"; [[ ! $files ]] || compgen -f -- \"$cur\")\n"
         "  [[ ! $files ]] || compopt -o filenames 2>/dev/null\n"
         "}\n"
         "complete -F _" +
         name + ' ' + name + '\n';
}

std::string zsh_completion(const command_model& command) {
  const auto& name = command.path;
  return "#compdef " + name + "\n# Completion of " + name + " for zsh; printed by `" + name + " completion zsh`.\n\n" +
         zsh_functions(command) +
         "# Called as an autoloaded function, or sourced.\n"
         "if [[ $funcstack[1] == _" +
         name + " ]]; then\n  _" + name + " \"$@\"\nelse\n  compdef _" + name + ' ' + name + "\nfi\n";
}

void add_completion_command(CLI::App& app, int& exit_code) {
  auto shell = std::make_shared<std::string>();
  auto* cmd = app.add_subcommand("completion", "Print the script that completes this command in bash or zsh");
  cmd->footer(completion_help);
  cmd->add_option("SHELL", *shell, "The shell")->required()->check(CLI::IsMember({"bash", "zsh"}));
  cmd->callback([&app, &exit_code, shell] {
    const auto model = model_of(app);
    std::cout << (*shell == "bash" ? bash_completion(model) : zsh_completion(model));
    exit_code = std::cout.flush() ? 0 : 1;
  });
}

} // namespace sluice
