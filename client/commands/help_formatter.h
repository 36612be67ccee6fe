// How --help looks: an option, what it takes, what it is for, what it is when not given.
#ifndef CELLAR_CLIENT_COMMANDS_HELP_FORMATTER_H_
#define CELLAR_CLIENT_COMMANDS_HELP_FORMATTER_H_

#include <CLI/CLI.hpp>
#include <string>

namespace cellar {

class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter();

  // What stands behind the option's name: the word for its value.
  std::string make_option_opts(const CLI::Option* option) const override;

  // The sentence, and the default value.
  std::string make_option_desc(const CLI::Option* option) const override;
};

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_HELP_FORMATTER_H_
