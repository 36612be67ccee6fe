// Flags of a program: each has a name, a place for its value (which also gives the default), a help
// text, and a variable of the environment (CELLAR_MAX_SESSIONS for --max-sessions).
//
// Thread safety: externally synchronised.
#ifndef CELLAR_SERVER_FLAGS_H_
#define CELLAR_SERVER_FLAGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/log.h"

namespace cellar {

// Exit code of a program whose flags or variables are wrong.
inline constexpr int kBadUsage = 2;

inline std::string EnvironmentName(absl::string_view flag) {
  return absl::AsciiStrToUpper(absl::StrReplaceAll(flag, {{"--", "CELLAR_"}, {"-", "_"}}));
}

// Adds flags to an App: name, where the value goes (which also gives the default), help.
class Flags {
 public:
  explicit Flags(CLI::App& app) : app_(app) {}

  void Text(const std::string& name, std::string& value, const std::string& help) {
    app_.add_option(name, value, help)->type_name("PATH")->envname(EnvironmentName(name));
  }

  void Address(const std::string& name, std::string& value, const std::string& help) {
    app_.add_option(name, value, help)->type_name("ADDRESS")->envname(EnvironmentName(name));
  }

  void Level(const std::string& name, LogLevel& value, const std::string& help) {
    const auto read = [name, &value](const std::string& text) {
      const std::optional<LogLevel> level = ParseLogLevel(text);
      if (!level.has_value()) {
        throw CLI::ValidationError(
            name, absl::StrCat("'", text, "' is no level; none, error, warning, info or debug is"));
      }
      value = *level;
    };
    app_.add_option_function<std::string>(name, read, help)
        ->type_name("LEVEL")
        ->default_str(std::string(LogLevelName(value)))
        ->envname(EnvironmentName(name));
  }

  void Switch(const std::string& name, bool& value, const std::string& help) {
    app_.add_flag(name, value, help)->envname(EnvironmentName(name));
  }

  void List(const std::string& name, std::vector<std::string>& values, const std::string& help) {
    app_.add_option(name, values, help)
        ->type_name("ADDRESS")
        ->delimiter(',')
        ->capture_default_str()
        ->envname(EnvironmentName(name));
  }

  template <class Integer>
  void Count(const std::string& name, Integer& value, const std::string& help) {
    app_.add_option(name, value, help)
        ->type_name("COUNT")
        ->capture_default_str()
        ->envname(EnvironmentName(name));
  }

  void Bytes(const std::string& name, int64_t& value, const std::string& help) {
    CLI::AsSizeValue with_unit(/*kb_is_1000=*/false);
    with_unit.description("");  // the help says it once, for all
    app_.add_option(name, value, help)
        ->transform(with_unit)
        ->type_name("BYTES")
        ->capture_default_str()
        ->envname(EnvironmentName(name));
  }

  void Duration(const std::string& name, absl::Duration& value, const std::string& help) {
    const auto read = [name, &value](const std::string& text) {
      if (absl::ParseDuration(text, &value)) return;
      throw CLI::ValidationError(
          name, absl::StrCat("'", text, "' is not a duration; write 90s, 15m or 1h30m"));
    };
    app_.add_option_function<std::string>(name, read, help)
        ->type_name("DURATION")
        ->default_str(absl::FormatDuration(value))
        ->envname(EnvironmentName(name));
  }

 private:
  CLI::App& app_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_FLAGS_H_
