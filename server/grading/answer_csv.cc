#include "server/grading/answer_csv.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "server/grading/answer_table.h"
#include "server/grading/number_word.h"
#include "server/grading/plain_text.h"
#include "server/grading/value_counts.h"

namespace cellar {
namespace {

constexpr int64_t kNoColumn = -1;

// A cell, and where it begins in its line, in characters.
struct Cell {
  std::string text;
  size_t begin;
};

// The cells of a line of PlainText, blanks around them and quotes taken off.
std::vector<Cell> SplitLine(absl::string_view line, char separator) {
  std::vector<Cell> cells;
  size_t begin = 0;
  while (true) {
    bool quoted = false;
    size_t end = begin;
    while (end < line.size() && (quoted || line[end] != separator)) {
      if (line[end] == '"') quoted = !quoted;
      ++end;
    }
    absl::string_view text = absl::StripAsciiWhitespace(line.substr(begin, end - begin));
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
      text = absl::StripAsciiWhitespace(text.substr(1, text.size() - 2));
    }
    cells.push_back({std::string(text), begin});
    if (end >= line.size()) return cells;
    begin = end + 1;
  }
}

char SeparatorOf(absl::string_view header) {
  for (const char separator : {';', '\t', ','}) {
    if (absl::StrContains(header, separator)) return separator;
  }
  return ',';
}

// Tabs are blanks of a PlainText, but separate here.
std::string KeepTabs(absl::string_view content) {
  return absl::StrReplaceAll(content, {{"\t", ";"}});
}

// What the columns stand for.
struct Header {
  size_t column_count = 0;
  int64_t sequence = kNoColumn;
  int64_t step = kNoColumn;
  int64_t layer = kNoColumn;
  int64_t element = kNoColumn;
  std::vector<std::pair<int64_t, Quantity>> letters;
};

Header ReadHeader(const std::vector<Cell>& cells) {
  Header header;
  header.column_count = cells.size();
  for (size_t i = 0; i < cells.size(); ++i) {
    const auto column = static_cast<int64_t>(i);
    const std::string& name = cells[i].text;
    if (name == "sequence") header.sequence = column;
    if (name == "t") header.step = column;
    if (name == "layer") header.layer = column;
    if (name == "k") header.element = column;
    if (const auto quantity = QuantityOfLetter(name))
      header.letters.emplace_back(column, *quantity);
  }
  return header;
}

Header ReadHeader(absl::string_view line) { return ReadHeader(SplitLine(line, SeparatorOf(line))); }

// What a spreadsheet writes where a number should be: #REF!, #DIV/0!, #N/A.
bool IsSheetError(absl::string_view cell) {
  const auto is_shouted = [](char character) {
    const auto byte = static_cast<unsigned char>(character);
    return !absl::ascii_islower(byte) && !absl::ascii_isspace(byte);
  };
  return cell.size() > 1 && absl::ascii_isupper(static_cast<unsigned char>(cell[1])) &&
         std::all_of(cell.begin(), cell.end(), is_shouted);
}

bool IsComment(absl::string_view line) {
  line = absl::StripLeadingAsciiWhitespace(line);
  const absl::string_view cell = line.substr(0, line.find_first_of(",;"));
  return absl::StartsWith(line, "#") && !IsSheetError(absl::StripAsciiWhitespace(cell));
}

// The text of a comment, of the same length: blanks stand where its signs were.
std::string WithoutSigns(absl::string_view comment) {
  std::string text(comment);
  const size_t begin = std::min(text.find_first_not_of("# \t"), text.size());
  return text.replace(0, begin, begin, ' ');
}

// Which of the first lines is the header.
class HeaderSearch {
 public:
  enum class Outcome { kGoOn, kThis, kComment, kNone };

  // Looks at the next line. kGoOn: the header is still to come; kThis: it is this one; kComment: it
  // was an earlier comment, and this line is a row; kNone: there is none, and this line is a row.
  Outcome Look(absl::string_view line) {
    if (absl::StripAsciiWhitespace(line).empty()) return Outcome::kGoOn;
    if (IsComment(line)) {
      std::string text = WithoutSigns(line);
      if (!ReadHeader(text).letters.empty()) in_comment_ = std::move(text);
      return Outcome::kGoOn;
    }
    if (!ReadHeader(line).letters.empty()) return Outcome::kThis;
    return in_comment_.empty() ? Outcome::kNone : Outcome::kComment;
  }

  // The text of the comment that Look spoke of.
  const std::string& in_comment() const { return in_comment_; }

 private:
  std::string in_comment_;
};

class CsvReader {
 public:
  CsvReader(const Exercise& exercise, const PlainText& text)
      : exercise_(exercise), text_(text), table_(exercise) {}

  ReadAnswer Read() {
    const std::string& plain = text_.plain();
    for (size_t begin = 0; begin < plain.size() && problems_.size() < kMaxReadProblems;) {
      const size_t end = std::min(plain.find('\n', begin), plain.size());
      line_begin_ = begin;
      ReadLine(absl::string_view(plain).substr(begin, end - begin));
      begin = end + 1;
    }
    if (!problems_.empty()) return {.problems = std::move(problems_)};
    return table_.Take();
  }

 private:
  void ReadLine(absl::string_view line) {
    if (!separator_.has_value()) {
      const HeaderSearch::Outcome outcome = search_.Look(line);
      if (outcome == HeaderSearch::Outcome::kGoOn) return;
      const bool in_comment = outcome == HeaderSearch::Outcome::kComment;
      BeginTable(in_comment ? search_.in_comment() : line);
      if (!in_comment) return;
    }
    const bool is_row = !absl::StripAsciiWhitespace(line).empty() && !IsComment(line);
    if (!is_row || header_.letters.empty()) return;
    ReadRow(SplitLine(line, *separator_));
    ++row_;
  }

  void BeginTable(absl::string_view header) {
    separator_ = SeparatorOf(header);
    header_ = ReadHeader(header);
    CheckHeader();
  }

  void CheckHeader() {
    if (header_.letters.empty()) {
      Problem(0,
              "this is no header; the first line that is no comment must name the columns by the "
              "letters that are asked for, such as t,h");
    }
    std::set<Quantity> named;
    for (const auto& [column, quantity] : header_.letters) {
      if (named.insert(quantity).second) continue;
      Problem(0, absl::StrCat("names a letter twice, again in column ", column + 1));
    }
  }

  void ReadRow(const std::vector<Cell>& cells) {
    const auto is_empty = [](const Cell& cell) { return cell.text.empty(); };
    if (std::all_of(cells.begin(), cells.end(), is_empty) || !CheckCount(cells)) return;
    AskedValue place;
    const auto last_layer = static_cast<int64_t>(exercise_.model->shapes().size());
    // Layers count from 1, as `cellar run` prints them.
    const bool placed = ReadIndex(cells, header_.sequence, {0, 0}, place.sequence) &&
                        ReadIndex(cells, header_.step, {0, row_}, place.step) &&
                        ReadIndex(cells, header_.layer, {1, last_layer}, place.layer) &&
                        ReadIndex(cells, header_.element, {0, 0}, place.element);
    if (!placed) return;
    --place.layer;
    for (const auto& [column, quantity] : header_.letters) {
      const Cell& cell = cells[static_cast<size_t>(column)];
      if (cell.text.empty()) continue;
      place.quantity = quantity;
      if (const auto value = ReadValue(cell)) table_.Put(place, *value);
    }
  }

  // Whether the row has a cell for each column. Empty ones behind the last are nothing.
  bool CheckCount(const std::vector<Cell>& cells) {
    const size_t column_count = header_.column_count;
    size_t count = cells.size();
    while (count > column_count && cells[count - 1].text.empty()) --count;
    if (count == column_count) return true;
    const bool may_be_decimal_comma = count > column_count && *separator_ == ',';
    Problem(count > column_count ? cells[column_count].begin : 0,
            absl::StrCat("this row has ", ValuesText(static_cast<int64_t>(count)),
                         "; the header names ", column_count,
                         column_count == 1 ? " column" : " columns",
                         may_be_decimal_comma ? " (between numbers with a decimal comma, write "
                                                "semicolons)"
                                              : ""));
    return false;
  }

  struct IndexRule {
    int64_t lowest;
    int64_t otherwise;  // where there is no column for it
  };

  // Whether the index is there, or has no column.
  bool ReadIndex(const std::vector<Cell>& cells, int64_t column, IndexRule rule, int64_t& index) {
    index = rule.otherwise;
    if (column == kNoColumn) return true;
    const Cell& cell = cells[static_cast<size_t>(column)];
    if (absl::SimpleAtoi(cell.text, &index) && index >= rule.lowest) return true;
    Problem(cell.begin,
            absl::StrCat("there must be an index, from ", rule.lowest, ", in column ", column + 1));
    return false;
  }

  std::optional<double> ReadValue(const Cell& cell) {
    const absl::string_view infinity_sign(&kInfinitySign, 1);
    std::string word = absl::StrReplaceAll(cell.text, {{infinity_sign, "inf"}});
    if (*separator_ != ',' && !absl::StrContains(word, '.')) {
      word = absl::StrReplaceAll(word, {{",", "."}});
    }
    NumberWord number = ReadNumberWord(word);
    if (!number.value.has_value()) {
      const size_t begin = line_begin_ + cell.begin;
      const size_t end = std::min(text_.plain().size(), begin + cell.text.size());
      Problem(cell.begin, absl::StrCat(text_.Quoted(begin, end), " ", number.problem));
    }
    return number.value;
  }

  void Problem(size_t index_in_line, std::string reason) {
    if (problems_.size() >= kMaxReadProblems) return;
    const TextPlace place = text_.PlaceOf(line_begin_ + index_in_line);
    problems_.push_back({.line = place.line, .column = place.column, .reason = std::move(reason)});
  }

  const Exercise& exercise_;
  const PlainText& text_;
  AnswerTable table_;
  HeaderSearch search_;
  std::optional<char> separator_;  // once the header has been read
  Header header_;
  int64_t row_ = 0;
  size_t line_begin_ = 0;
  ReadProblems problems_;
};

}  // namespace

bool HasCsvHeader(absl::string_view content) {
  absl::ConsumePrefix(&content, "\xEF\xBB\xBF");
  HeaderSearch search;
  while (!content.empty()) {
    const size_t end = std::min(content.find_first_of("\r\n"), content.size());
    const HeaderSearch::Outcome outcome = search.Look(KeepTabs(content.substr(0, end)));
    if (outcome != HeaderSearch::Outcome::kGoOn) return outcome != HeaderSearch::Outcome::kNone;
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return !search.in_comment().empty();
}

ReadAnswer ReadCsv(const Exercise& exercise, absl::string_view content) {
  TextPlace bad_place;
  const std::string with_tabs = KeepTabs(content);
  const std::optional<PlainText> text = PlainText::Read(with_tabs, &bad_place);
  if (!text.has_value()) {
    return {.problems = {{.line = bad_place.line,
                          .column = bad_place.column,
                          .reason = "this is not text in UTF-8; save it as UTF-8"}}};
  }
  return CsvReader(exercise, *text).Read();
}

}  // namespace cellar
