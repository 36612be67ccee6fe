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
#include "server/grading/answer_table.h"
#include "server/grading/number_word.h"
#include "server/grading/plain_text.h"

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
  int64_t sequence = kNoColumn;
  int64_t step = kNoColumn;
  int64_t layer = kNoColumn;
  int64_t element = kNoColumn;
  std::vector<std::pair<int64_t, Quantity>> letters;
};

Header ReadHeader(const std::vector<Cell>& cells) {
  Header header;
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
    if (absl::StripAsciiWhitespace(line).empty()) return;
    if (!separator_.has_value()) {
      separator_ = SeparatorOf(line);
      header_ = ReadHeader(SplitLine(line, *separator_));
      CheckHeader();
      return;
    }
    ReadRow(SplitLine(line, *separator_));
    ++row_;
  }

  void CheckHeader() {
    if (header_.letters.empty()) {
      Problem(0,
              "this is no header; the first line must name the columns by the letters that are "
              "asked for, such as t,h");
    }
    std::set<Quantity> named;
    for (const auto& [column, quantity] : header_.letters) {
      if (named.insert(quantity).second) continue;
      Problem(0, absl::StrCat("names a letter twice, again in column ", column + 1));
    }
  }

  void ReadRow(const std::vector<Cell>& cells) {
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
      const Cell* const cell = CellAt(cells, column);
      if (cell == nullptr || cell->text.empty()) continue;
      place.quantity = quantity;
      if (const auto value = ReadValue(*cell)) table_.Put(place, *value);
    }
  }

  static const Cell* CellAt(const std::vector<Cell>& cells, int64_t column) {
    const bool is_there = column >= 0 && column < static_cast<int64_t>(cells.size());
    return is_there ? &cells[static_cast<size_t>(column)] : nullptr;
  }

  struct IndexRule {
    int64_t lowest;
    int64_t otherwise;  // where there is no column for it
  };

  // Whether the index is there, or has no column.
  bool ReadIndex(const std::vector<Cell>& cells, int64_t column, IndexRule rule, int64_t& index) {
    index = rule.otherwise;
    if (column == kNoColumn) return true;
    const Cell* const cell = CellAt(cells, column);
    if (cell != nullptr && absl::SimpleAtoi(cell->text, &index) && index >= rule.lowest) {
      return true;
    }
    Problem(cell == nullptr ? 0 : cell->begin,
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
  std::optional<char> separator_;  // once the header has been read
  Header header_;
  int64_t row_ = 0;
  size_t line_begin_ = 0;
  ReadProblems problems_;
};

}  // namespace

bool HasCsvHeader(absl::string_view content) {
  if (absl::StartsWith(content, "\xEF\xBB\xBF")) content.remove_prefix(3);
  const std::string line = KeepTabs(content.substr(0, content.find_first_of("\r\n")));
  const std::vector<Cell> cells = SplitLine(line, SeparatorOf(line));
  return !ReadHeader(cells).letters.empty();
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
