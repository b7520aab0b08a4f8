#include "cli/queue/dead_edit_command.hpp"

#include <charconv>
#include <iostream>
#include <memory>

#include "cli/complain.hpp"
#include "cli/deliver/line_reader.hpp"
#include "cli/queue/dead_subcommand.hpp"
#include "core/persistence/dead_edit.hpp"

namespace sluice {

namespace {

// A line may be longer than its event, as for `sluice send`.
constexpr std::size_t max_line_of_edit = std::size_t{1} << 20;
constexpr int never_stops = -1;

struct edit_arguments {
  queue_arguments queue;
  std::string id, file;
  std::vector<std::size_t> drop;
};

// What the command line asks for, and on which line of the file each edit stands.
struct asked_edit {
  batch_edit change{};
  std::vector<std::uint64_t> lines{};
};

std::string text_of_line(std::uint64_t line, const error& why) {
  return "line " + std::to_string(line) + ": " + text_of(why);
}

// Returns an error as the operator knows it who gave the options and the file.
std::string text_of_edit(error why, const std::vector<std::uint64_t>& lines) {
  constexpr std::string_view one_of_edits = "edit[";
  const auto& field = why.field;
  if (field.starts_with(one_of_edits)) {
    std::size_t number = 0;
    const auto* end = field.data() + field.size();
    const auto* rest = std::from_chars(field.data() + one_of_edits.size(), end, number).ptr + 1; // behind the bracket
    why.field = std::string{rest == end ? end : rest + 1, end};
    return text_of_line(lines.at(number), why);
  }
  for (const std::string option : {"drop", "edit"})
    if (field.starts_with(option)) {
      why.field = "--" + option;
      break;
    }
  return text_of(why);
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

// Reads the file of edits. Returns what is wrong with it; empty: nothing.
std::string read_lines_of_edits(const std::string& file, asked_edit& to) {
  auto reader = line_reader::open(file, max_line_of_edit, never_stops);
  if (!reader)
    return text_of(reader.error());
  using outcome = line_reader::outcome;
  for (;;) {
    switch (reader->next()) {
    case outcome::line:
      break;
    case outcome::too_long:
      return text_of_line(reader->number(),
                          {errc::too_large, "", "a line has at most " + std::to_string(max_line_of_edit) + " bytes"});
    case outcome::failed:
      return file + ": reading failed";
    case outcome::stopped:
    case outcome::end:
      return to.lines.empty() ? file + ": has no edit, as in {\"index\":2,\"event\":{...}}" : "";
    }
    if (is_blank(reader->text()))
      continue;
    auto edit = read_event_edit(reader->text(), max_line_of_edit);
    if (!edit)
      return text_of_line(reader->number(), edit.error());
    to.change.edit.push_back(std::move(*edit));
    to.lines.push_back(reader->number());
  }
}

int edit_letter(edit_arguments& args) {
  const auto wrong = [](const std::string& line) {
    complain("dead edit", line);
    return 2;
  };
  if (args.drop.empty() && args.file.empty())
    return wrong("--drop or --edit is needed: which events to drop, or a file with those that replace others");
  asked_edit asked{.change = {.drop = args.drop}};
  if (!args.file.empty())
    if (const auto problem = read_lines_of_edits(args.file, asked); !problem.empty())
      return wrong(problem);
  const auto queue = open_queue(args.queue, "dead edit");
  if (!queue)
    return 2;
  const auto letter = queue->show_dead(args.id);
  if (!letter)
    return dead_failed("edit", letter.error());
  uuid_source ids;
  const auto& o = args.queue.settings;
  const auto edited = edit_dead(*letter, asked.change,
                                {.most = {.max_event_bytes = o.max_event_bytes, .max_batch_bytes = o.max_batch_bytes},
                                 .now = std::chrono::system_clock::now(),
                                 .ids = ids});
  if (!edited && (edited.error().field == "payload" || edited.error().field == "id"))
    return dead_failed("edit", edited.error());
  if (!edited)
    return wrong(text_of_edit(edited.error(), asked.lines));
  if (const auto replaced = queue->replace_dead(letter->id, edited->by); !replaced)
    return dead_failed("edit", replaced.error());
  std::cout << "replaced by " << edited->by->id << ": " << edited->by->events << " events, " << edited->dropped
            << " dropped\n";
  return 0;
}

} // namespace

void add_dead_edit_command(CLI::App& dead, int& exit_code) {
  auto args = std::make_shared<edit_arguments>();
  auto* cmd = add_dead_subcommand(dead, args->queue, "edit",
                                  "Drop or replace events of a dead letter, and make it ready again under a new ID");
  cmd->add_option("ID", args->id, "The batch")->required();
  cmd->add_option("--drop", args->drop, "An event to drop, counted from 0; may be repeated")
      ->type_name("N")
      ->allow_extra_args(false)
      ->check(CLI::NonNegativeNumber);
  cmd->add_option("--edit", args->file,
                  "A file with lines {\"index\":2,\"event\":{...}}: the event that replaces another one, counted from "
                  "0; - is standard input")
      ->type_name("FILE");
  cmd->callback([args, &exit_code] { exit_code = edit_letter(*args); });
}

} // namespace sluice
