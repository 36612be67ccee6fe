#include "client/commands/help_formatter.h"

#include "absl/strings/str_cat.h"

namespace cellar {
namespace {

constexpr size_t kColumnWidth = 36;

}  // namespace

HelpFormatter::HelpFormatter() {
  column_width(kColumnWidth);
  label("SUBCOMMAND", "COMMAND");
  label("SUBCOMMANDS", "COMMANDS");
  label("Subcommands", "Commands");
  label("Positionals", "Arguments");
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  // Only the word given to type_name: the validators would add theirs to get_type_name.
  const std::string name = option->get_type_size() == 0 ? "" : option->get_type_name();
  const std::string word = name.substr(0, name.find(':'));
  return word.empty() ? "" : absl::StrCat(" ", word);
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  std::string text = option->get_description();
  const std::string value = option->get_default_str();
  const std::string variable = option->get_envname();
  if (!variable.empty()) absl::StrAppend(&text, "; also taken from ", variable);
  if (!value.empty()) absl::StrAppend(&text, " [", value, "]");
  return text;
}

}  // namespace cellar
