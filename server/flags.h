// Flags of a program: each has a name, a place for its value (which also gives the default), a help
// text, and a variable of the environment (CELLAR_MAX_SESSIONS for --max-sessions).
//
// Thread safety: externally synchronised.
#ifndef CELLAR_SERVER_FLAGS_H_
#define CELLAR_SERVER_FLAGS_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
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

// A whole number with or without a unit (K, KB, KiB and so on up to E, all powers of 1024). Nothing
// if it is written otherwise, or too large.
inline std::optional<int64_t> ParseByteCount(absl::string_view text) {
  constexpr absl::string_view kUnits = "KMGTPE";
  const size_t end = std::min(text.find_first_not_of("-0123456789"), text.size());
  int64_t number = 0;
  if (!absl::SimpleAtoi(text.substr(0, end), &number)) return std::nullopt;
  std::string unit = absl::AsciiStrToUpper(absl::StripLeadingAsciiWhitespace(text.substr(end)));
  if (unit.empty() || unit == "B") return number;
  const size_t power = kUnits.find(unit.front());
  const std::string rest = unit.substr(1);
  if (power == absl::string_view::npos) return std::nullopt;
  if (!rest.empty() && rest != "B" && rest != "I" && rest != "IB") return std::nullopt;
  const int shift = 10 * (static_cast<int>(power) + 1);
  if (number < 0 || number > (std::numeric_limits<int64_t>::max() >> shift)) return std::nullopt;
  return number << shift;
}

// Adds flags to an App: name, where the value goes (which also gives the default), help.
class Flags {
 public:
  explicit Flags(CLI::App& app) : app_(app) {}

  // The flags that are added from here on stand under this line in the help.
  void BeginGroup(const std::string& what_for) { group_ = what_for; }

  void Text(const std::string& name, std::string& value, const std::string& help) {
    Place(app_.add_option(name, value, help), name)->type_name("PATH");
  }

  void Address(const std::string& name, std::string& value, const std::string& help) {
    Place(app_.add_option(name, value, help), name)->type_name("ADDRESS");
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
    Place(app_.add_option_function<std::string>(name, read, help), name)
        ->type_name("LEVEL")
        ->default_str(std::string(LogLevelName(value)));
  }

  void Switch(const std::string& name, bool& value, const std::string& help) {
    Place(app_.add_flag(name, value, help), name);
  }

  void List(const std::string& name, std::vector<std::string>& values, const std::string& help) {
    Place(app_.add_option(name, values, help), name)
        ->type_name("ADDRESS")
        ->delimiter(',')
        ->capture_default_str();
  }

  // (CLI11's own reading of numbers takes one that is too large for the largest there is, and 010
  // for 8.)
  template <class Integer>
  void Count(const std::string& name, Integer& value, const std::string& help) {
    const auto read = [name, &value](const std::string& text) {
      if (absl::SimpleAtoi(text, &value)) return;
      throw CLI::ValidationError(name, absl::StrCat("'", text, "' is no whole number of at most ",
                                                    std::numeric_limits<Integer>::max()));
    };
    Place(app_.add_option_function<std::string>(name, read, help), name)
        ->type_name("COUNT")
        ->default_str(absl::StrCat(value));
  }

  void Bytes(const std::string& name, int64_t& value, const std::string& help) {
    const auto read = [name, &value](const std::string& text) {
      const std::optional<int64_t> bytes = ParseByteCount(text);
      if (!bytes.has_value()) {
        throw CLI::ValidationError(
            name, absl::StrCat("'", text,
                               "' is no number of bytes below 8EiB; write 65536, 512KiB, "
                               "4MiB or 1GiB"));
      }
      value = *bytes;
    };
    Place(app_.add_option_function<std::string>(name, read, help), name)
        ->type_name("BYTES")
        ->default_str(absl::StrCat(value));
  }

  void Duration(const std::string& name, absl::Duration& value, const std::string& help) {
    const auto read = [name, &value](const std::string& text) {
      if (absl::ParseDuration(text, &value)) return;
      throw CLI::ValidationError(
          name, absl::StrCat("'", text, "' is not a duration; write 90s, 15m or 1h30m"));
    };
    Place(app_.add_option_function<std::string>(name, read, help), name)
        ->type_name("DURATION")
        ->default_str(absl::FormatDuration(value));
  }

 private:
  // Puts a flag into its group, and gives it its variable.
  CLI::Option* Place(CLI::Option* flag, const std::string& name) {
    if (!group_.empty()) flag->group(group_);
    return flag->envname(EnvironmentName(name));
  }

  CLI::App& app_;
  std::string group_;  // empty: CLI11's own
};

}  // namespace cellar

#endif  // CELLAR_SERVER_FLAGS_H_
