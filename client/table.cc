#include "client/table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace cellar {
namespace {

constexpr size_t kGap = 2;  // spaces between columns

// Characters of a UTF-8 text: bytes that do not continue one.
size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char character) {
    return (static_cast<unsigned char>(character) & 0xc0) != 0x80;
  }));
}

std::vector<size_t> ColumnWidths(const Table& table) {
  std::vector<size_t> widths;
  for (const std::string& cell : table.header) widths.push_back(Width(cell));
  for (const auto& row : table.rows) {
    for (size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], Width(row[column]));
    }
  }
  return widths;
}

// The columns of each block: all of them in one, or as many as fit, the first one always in front.
std::vector<std::vector<size_t>> Blocks(const std::vector<size_t>& widths, size_t max_width) {
  std::vector<std::vector<size_t>> blocks = {{}};
  size_t used = 0;
  for (size_t column = 0; column < widths.size(); ++column) {
    const size_t needed = widths[column] + (blocks.back().empty() ? 0 : kGap);
    if (max_width > 0 && used + needed > max_width && blocks.back().size() > 1) {
      blocks.push_back({0});
      used = widths[0];
    }
    used += widths[column] + (blocks.back().empty() ? 0 : kGap);
    blocks.back().push_back(column);
  }
  return blocks;
}

std::string Line(const Table& table, const std::vector<std::string>& row,
                 const std::vector<size_t>& columns, const std::vector<size_t>& widths) {
  std::string line;
  for (const size_t column : columns) {
    if (column != columns.front()) line.append(kGap, ' ');
    const std::string padding(widths[column] - Width(row[column]), ' ');
    absl::StrAppend(&line, table.align == Table::Align::kRight ? padding : "", row[column],
                    table.align == Table::Align::kLeft ? padding : "");
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string CsvCell(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  return absl::StrCat("\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

std::string CsvLine(const std::vector<std::string>& row) {
  return absl::StrJoin(row, ",", [](std::string* out, const std::string& cell) {
    absl::StrAppend(out, CsvCell(cell));
  });
}

}  // namespace

std::string AlignedText(const Table& table, int max_width) {
  const std::vector<size_t> widths = ColumnWidths(table);
  std::string text;
  for (const auto& columns : Blocks(widths, static_cast<size_t>(std::max(0, max_width)))) {
    if (!text.empty()) text += "\n";
    text += Line(table, table.header, columns, widths);
    for (const auto& row : table.rows) text += Line(table, row, columns, widths);
  }
  return text;
}

std::string CsvText(const Table& table) {
  std::string text = CsvLine(table.header) + "\n";
  for (const auto& row : table.rows) absl::StrAppend(&text, CsvLine(row), "\n");
  return text;
}

}  // namespace cellar
