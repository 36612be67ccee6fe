// Writes steps as they come: under a header with columns of a steady width, as CSV, or as one JSON
// object a line.
//
//     t  x       f       i       o       g       c       h
//     0  0  3.8e-44       1     0.5       0       0       0
//
// Thread safety: externally synchronised.
// Lifetime: the stream outlives the printer.
#ifndef CELLAR_CLIENT_STEP_PRINTER_H_
#define CELLAR_CLIENT_STEP_PRINTER_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "cellar/v1/session_service.pb.h"
#include "client/number_text.h"
#include "client/table.h"

namespace cellar {

class StepPrinter {
 public:
  enum class Form { kText, kCsv, kJsonLines };

  struct Options {
    Form form = Form::kText;
    NumberFormat number_format{};
    int64_t max_elements = 0;  // of each letter; 0: all
    bool colours = false;      // header dimmed
    bool is_kept = false;      // JSON lines tell the durable step, too
  };

  StepPrinter(std::ostream& out, Options options) : out_(out), options_(options) {}

  // Writes the steps of an answer. `inputs` are those of the request.
  void Print(const v1::StepResponse& answer, const v1::Tensor& inputs);

  // Writes the header again before the next step: something else was printed in between.
  void RepeatHeader() { widths_.clear(); }

  Options& options() { return options_; }

 private:
  void PrintRows(const Table& rows);
  void PrintText(const Table& rows);
  // Widens the columns to the rows; true if the header must be written (again).
  bool Widen(const Table& rows);
  void PrintLine(const std::vector<std::string>& cells);

  std::ostream& out_;
  Options options_;
  std::vector<std::string> header_;  // of the rows printed last
  std::vector<size_t> widths_;
};

// The rows of an answer, in full or as `options` say; see StepRows.
Table RowsOf(const v1::StepResponse& answer, const v1::Tensor& inputs,
             const StepPrinter::Options& options);

}  // namespace cellar

#endif  // CELLAR_CLIENT_STEP_PRINTER_H_
