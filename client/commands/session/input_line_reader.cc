#include "client/commands/session/input_line_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/number_text.h"

namespace cellar {
namespace {

constexpr absl::string_view kSeparators = " \t\r,;";

// Where a comment begins; the end of the line if there is none. What spreadsheets write in place of
// a number (#REF!, #N/A) is none.
size_t CommentBegin(absl::string_view line) {
  for (size_t at = line.find('#'); at != absl::string_view::npos; at = line.find('#', at + 1)) {
    const absl::string_view word =
        line.substr(at + 1, std::min(line.find_first_of(kSeparators, at), line.size()) - at - 1);
    const bool is_shouted = !word.empty() &&
                            absl::ascii_isupper(static_cast<unsigned char>(word[0])) &&
                            std::none_of(word.begin(), word.end(),
                                         [](unsigned char c) { return absl::ascii_islower(c); });
    if (!is_shouted) return at;
  }
  return line.size();
}

// The numbers of a line, without what spreadsheets and people add: a byte order mark, quotes, a
// comment. Errors: a comma in quotes, which is no separator to a spreadsheet.
absl::StatusOr<std::string> NumbersOf(absl::string_view line) {
  absl::ConsumePrefix(&line, "\xEF\xBB\xBF");
  std::string numbers(line.substr(0, CommentBegin(line)));
  bool quoted = false;
  for (char& character : numbers) {
    if (quoted && character == ',') {
      return absl::InvalidArgumentError(
          "there is a comma in quotes; write decimals with a point: 0.5");
    }
    if (character != '"') continue;
    quoted = !quoted;
    character = ' ';
  }
  return numbers;
}

// Whether all cells of a line are names of columns.
bool IsHeader(absl::string_view numbers) {
  for (absl::string_view cell : absl::StrSplit(numbers, absl::ByAnyChar("\t,;"))) {
    cell = absl::StripAsciiWhitespace(cell);
    if (cell.empty()) continue;
    const bool is_name = absl::ascii_isalpha(static_cast<unsigned char>(cell[0])) || cell[0] == '_';
    if (!is_name || ParseNumbers(cell).ok()) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<InputLine> InputLineReader::Read(absl::string_view line) {
  ++line_number_;
  const absl::StatusOr<std::string> text = NumbersOf(line);
  if (text.ok() && absl::StripAsciiWhitespace(*text).empty()) return InputLine{};
  const bool is_first = !std::exchange(some_read_, true);
  if (!text.ok()) return text.status();
  if (is_first && IsHeader(*text)) return InputLine{InputLine::Kind::kHeader};
  absl::StatusOr<std::vector<double>> numbers = ParseNumbers(*text, step_size_);
  if (!numbers.ok()) return numbers.status();
  return InputLine{InputLine::Kind::kNumbers, *std::move(numbers)};
}

}  // namespace cellar
