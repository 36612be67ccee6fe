// A table of texts and its three forms: aligned for people, CSV, and JSON records.
//
// Thread safety: values; no shared state.
#ifndef CELLAR_CLIENT_TABLE_H_
#define CELLAR_CLIENT_TABLE_H_

#include <string>
#include <vector>

namespace cellar {

// Rows of cells under a header. Every row has as many cells as the header.
struct Table {
  enum class Align { kRight, kLeft };

  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  Align align = Align::kRight;
};

// Lines of cells two spaces apart, every column as wide as its widest cell, no trailing spaces. If
// max_width > 0 and the lines would be longer, the columns go into several blocks under each other,
// each beginning with the first column; a block has at least one more column. Width counts bytes
// of ASCII; other characters of UTF-8 count as one.
std::string AlignedText(const Table& table, int max_width = 0);

// RFC 4180 with "\n" as line end: header, then rows; cells with a comma, a quote or a line break
// are quoted.
std::string CsvText(const Table& table);

}  // namespace cellar

#endif  // CELLAR_CLIENT_TABLE_H_
