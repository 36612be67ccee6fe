#include "client/commands/program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/commands/commands.h"
#include "client/commands/context.h"
#include "client/commands/grade_usage.h"
#include "client/commands/help_formatter.h"
#include "client/error_text.h"
#include "client/nearest_word.h"
#include "client/number_text.h"

namespace cellar {
namespace {

constexpr char kAbout[] =
    "Cellar's command line: runs LSTM, GRU and RNN cells on a cellar-server and shows every gate.";

constexpr char kFooter[] = R"(Examples, for which no server is needed:
  cellar run --in-process client/examples/homework.textproto
  cellar repl --in-process client/examples/homework.textproto
  cellar grade client/examples/grading/homework.textproto client/examples/grading/submissions/

Examples, once `cellar-server` runs:
  cellar model create client/examples/homework.textproto --id homework
  cellar session create --model homework --id mine
  cellar session step mine 0 0 1
  cellar repl --session mine

Exit codes:
  0  done
  1  health: the server answers, but does not serve
  2  wrong arguments, or a file that cannot be read
  3  the server refused the request
  4  no server answers, or not in time
  5  the server or this program failed; please report it
`cellar grade` has codes of its own, see its help.)";

// Inputs like `-1,0` or `-inf` would be taken for options; a space in front tells them apart, and
// no reader of numbers minds it.
void ShieldNegativeNumbers(std::vector<std::string>& arguments) {
  for (std::string& argument : arguments) {
    if (argument.size() < 2 || argument[0] != '-' || argument[1] == '-') continue;
    if (ParseNumbers(absl::StrReplaceAll(argument, {{",", " "}})).ok()) argument.insert(0, " ");
  }
}

// The innermost command that was named.
const CLI::App* NamedCommand(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

std::string FullNameOf(const CLI::App* app) {
  const CLI::App* parent = app->get_parent();
  return parent == nullptr ? app->get_name()
                           : absl::StrCat(FullNameOf(parent), " ", app->get_name());
}

std::vector<std::string> WordsOf(const CLI::App* app) {
  std::vector<std::string> words;
  for (const CLI::App* command : app->get_subcommands(nullptr))
    words.push_back(command->get_name());
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    }
  }
  return words;
}

// The argument that nobody wanted: an option, if there is one, rather than its value.
std::string UnexpectedWord(const CLI::App& app) {
  const std::vector<std::string> words = app.remaining(/*recurse=*/true);
  for (const std::string& word : words) {
    if (absl::StartsWith(word, "-")) return word;
  }
  return words.empty() ? "" : words.front();
}

// What is wrong with the arguments, in one line.
std::string UsageText(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = NamedCommand(&app);
  const std::string word = UnexpectedWord(app);
  const bool is_group = !command->get_subcommands(nullptr).empty();
  std::string text = OneLine(error.what());
  if (!word.empty()) {
    const bool is_option = absl::StartsWith(word, "-");
    const char* wrong = is_option  ? "there is no option `"
                        : is_group ? "there is no command `"
                                   : "there is an argument too many: `";
    text = absl::StrCat(wrong, word, "`", DidYouMean(word, WordsOf(command)));
  } else if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && is_group) {
    text = absl::StrCat("`", FullNameOf(command), "` needs a command");
  }
  return absl::StrCat("error: ", text, "; see `", FullNameOf(command), " --help`\n");
}

void AddCommands(CLI::App& app, Context& context) {
  AddRunCommand(app, context);
  AddReplCommand(app, context);
  AddGradeCommand(app, context);
  AddExerciseCommands(app, context);
  AddModelCommands(app, context);
  AddSessionCommands(app, context);
  AddHealthCommand(app, context);
  AddVersionCommand(app, context);
}

}  // namespace

int RunProgram(std::vector<std::string> arguments, std::ostream& out, std::ostream& err,
               LocalServerFactory start_local, const std::string& build) {
  Context context(out, err, std::move(start_local));
  CLI::App app(kAbout, "cellar");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.set_version_flag("--version", build.empty() ? "cellar " CELLAR_VERSION : build,
                       "Print which build this is, and exit");
  context.AddOptions(app);
  AddCommands(app, context);
  ShieldNegativeNumbers(arguments);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(arguments);
  } catch (const CLI::Success& help) {
    return app.exit(help, out, err);
  } catch (const CLI::ParseError& error) {
    const std::string text = UsageText(app, error);
    err << text;
    LeaveUsageFailure(*NamedCommand(&app), text, context);
    return kExitUsage;
  }
  return context.exit_code();
}

}  // namespace cellar
