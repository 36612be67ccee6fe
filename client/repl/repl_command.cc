#include "client/repl/repl_command.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/nearest_word.h"
#include "client/table.h"

namespace cellar {
namespace {

struct Known {
  ReplVerb verb;
  const char* name;
  const char* argument;  // "" if it takes none
  const char* help;
};

constexpr Known kKnown[] = {
    {ReplVerb::kUndo, ":undo", "[N]", "take back the last step, or the last N"},
    {ReplVerb::kFork, ":fork", "[ID]", "branch off here and go on in the new session"},
    {ReplVerb::kSwitch, ":switch", "[N]", "go to branch N; without N list them"},
    {ReplVerb::kReset, ":reset", "", "back to the initial state and to step 0"},
    {ReplVerb::kState, ":state", "", "show h and c as they are now"},
    {ReplVerb::kTable, ":table", "", "show all steps so far"},
    {ReplVerb::kGates, ":gates", "[on|off]", "show every gate, or only c and h"},
    {ReplVerb::kDigits, ":digits", "N|full", "significant decimals shown"},
    {ReplVerb::kHelp, ":help", "", "this list"},
    {ReplVerb::kQuit, ":quit", "", "leave; Ctrl-D does, too"},
};

// Short forms that people type by habit.
constexpr std::pair<const char*, ReplVerb> kAliases[] = {{":q", ReplVerb::kQuit},
                                                         {":exit", ReplVerb::kQuit},
                                                         {":h", ReplVerb::kHelp},
                                                         {":?", ReplVerb::kHelp},
                                                         {":u", ReplVerb::kUndo}};

// Words without a colon that cannot be meant as inputs.
constexpr absl::string_view kBare[] = {"help", "?", "quit", "exit"};

const Known* Find(absl::string_view name) {
  for (const Known& known : kKnown) {
    if (name == known.name) return &known;
  }
  for (const auto& [alias, verb] : kAliases) {
    if (name == alias) return &kKnown[static_cast<size_t>(verb)];
  }
  return nullptr;
}

}  // namespace

bool IsReplCommand(absl::string_view line) {
  const std::string word = absl::AsciiStrToLower(absl::StripAsciiWhitespace(line));
  return absl::StartsWith(word, ":") ||
         std::find(std::begin(kBare), std::end(kBare), word) != std::end(kBare);
}

absl::StatusOr<ReplCommand> ParseReplCommand(absl::string_view line) {
  const std::vector<std::string> words =
      absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
  std::string name = words.empty() ? "" : absl::AsciiStrToLower(words[0]);
  if (!absl::StartsWith(name, ":")) name.insert(0, ":");
  const Known* known = Find(name);
  if (known == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("there is no command `", name, "`",
                                                   DidYouMean(name, ReplCommandNames()),
                                                   "; :help lists them all"));
  }
  const size_t most = *known->argument == '\0' ? 1 : 2;
  if (words.size() > most) {
    return absl::InvalidArgumentError(absl::StrCat("`", words[most], "` is too much; write ",
                                                   known->name, most == 2 ? " " : "",
                                                   known->argument));
  }
  return ReplCommand{known->verb, words.size() == 2 ? words[1] : ""};
}

std::string WordHint(absl::string_view line) {
  const std::vector<std::string> words =
      absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
  if (words.empty() || words[0].find_first_of("+-.,;([{0123456789\xe2") == 0) return "";
  const size_t letters = std::min(words[0].find_first_not_of("/\\!"), words[0].size());
  const std::string meant = absl::StrCat(":", absl::AsciiStrToLower(words[0].substr(letters)));
  return absl::StrCat("\"", words[0], "\" is not a number", DidYouMean(meant, ReplCommandNames()),
                      "; commands begin with a colon, see :help");
}

std::string ReplHelp() {
  Table table;
  table.align = Table::Align::kLeft;
  table.header = {"  0 0 1",
                  "make steps: numbers separated by spaces or commas, decimals with a point"};
  for (const Known& known : kKnown) {
    table.rows.push_back({absl::StrCat("  ", known.name, " ", known.argument), known.help});
  }
  return AlignedText(table);
}

std::vector<std::string> ReplCommandNames() {
  std::vector<std::string> names;
  for (const Known& known : kKnown) names.push_back(known.name);
  return names;
}

}  // namespace cellar
