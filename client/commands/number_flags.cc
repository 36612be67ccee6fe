#include "client/commands/number_flags.h"

#include <cstdint>
#include <limits>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/nearest_word.h"

namespace cellar {
namespace {

constexpr char kGroup[] = "Output";

}  // namespace

CLI::Validator WholeNumber() {
  const auto check = [](std::string& text) -> std::string {
    int64_t number = 0;
    if (!absl::SimpleAtoi(text, &number)) {
      return absl::StrCat("\"", text, "\" is not a whole number of at most 64 bits");
    }
    text = absl::StrCat(number);
    return "";
  };
  return CLI::Validator(check, "", "whole number");
}

CLI::Validator NumberOfSeconds() {
  const auto check = [](const std::string& text) -> std::string {
    double seconds = 0;
    if (absl::SimpleAtod(text, &seconds) && seconds >= 0) return "";
    return absl::StrCat("\"", absl::StripAsciiWhitespace(text), "\" is no number of seconds");
  };
  return CLI::Validator(check, "", "number of seconds");
}

CLI::Validator OneOf(const std::vector<std::string>& words) {
  return CLI::Validator(
      [words](const std::string& word) -> std::string {
        for (const std::string& known : words) {
          if (word == known) return "";
        }
        return absl::StrCat("`", word, "` is none of ", absl::StrJoin(words, ", "),
                            DidYouMean(word, words));
      },
      "");
}

void AddDigitsFlags(CLI::App& command, NumberFlags& flags) {
  command.add_option("--digits", flags.digits, "Significant decimals shown")
      ->type_name("N")
      ->transform(WholeNumber())
      ->check(CLI::Range(1, 17))
      ->capture_default_str()
      ->group(kGroup);
  command.add_flag("--full", flags.full, "Show all digits that tell a number from its neighbours")
      ->group(kGroup);
}

void AddTableFlags(CLI::App& command, NumberFlags& flags) {
  AddDigitsFlags(command, flags);
  command.add_option("--elements", flags.elements, "Elements shown of a vector; 0: all")
      ->type_name("N")
      ->transform(WholeNumber())
      ->check(CLI::Range(0, std::numeric_limits<int>::max()))
      ->capture_default_str()
      ->group(kGroup);
  CLI::Option* json =
      command.add_flag("--json", flags.json, "Write JSON, in full precision")->group(kGroup);
  command.add_flag("--csv", flags.csv, "Write CSV, in full precision")
      ->excludes(json)
      ->group(kGroup);
}

NumberFormat FormatFor(const NumberFlags& flags, v1::Precision precision) {
  if (flags.full || flags.json || flags.csv) return NumberFormat::Full(precision);
  return {flags.digits, precision};
}

}  // namespace cellar
