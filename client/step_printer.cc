#include "client/step_printer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/json_writer.h"
#include "client/tensor.h"
#include "client/trace_view.h"

namespace cellar {
namespace {

// "-0.7616": most numbers fit, so that the columns seldom move.
constexpr size_t kNumberWidth = 7;

constexpr char kDim[] = "\x1b[2m";
constexpr char kPlain[] = "\x1b[0m";

// The inputs of the steps shown, [N, I]: all, or the last.
v1::Tensor InputsShown(const v1::StepResponse& answer, const v1::Tensor& inputs) {
  v1::Tensor shown;
  const int64_t steps = std::max<int64_t>(1, answer.step_count());
  const int64_t rows = StepCount(answer.trace());
  const int64_t width = inputs.values_size() / steps;
  const int64_t first = (steps - rows) * width;
  shown.add_shape(rows);
  shown.add_shape(width);
  shown.mutable_values()->Add(inputs.values().begin() + first, inputs.values().end());
  return shown;
}

TraceTableOptions TableOptions(const v1::StepResponse& answer,
                               const StepPrinter::Options& options) {
  TraceTableOptions table_options;
  table_options.format = options.number_format;
  table_options.first_step = answer.first_step() + answer.step_count() - StepCount(answer.trace());
  table_options.max_elements = options.max_elements;
  return table_options;
}

std::string JsonLine(const v1::StepResponse& answer, const v1::Tensor& inputs, int64_t row,
                     const StepPrinter::Options& options) {
  const auto numbers = [&](absl::Span<const double> values) {
    JsonWriter json;
    json.Numbers({values.begin(), values.end()}, options.number_format);
    std::string text = json.Take();
    text.pop_back();
    return text;
  };
  const int64_t step = TableOptions(answer, options).first_step + row;
  std::string line = absl::StrCat("{\"t\": ", step, ", \"x\": ", numbers(Row(inputs, row)));
  std::vector<std::string> layers;
  for (const LayerView& layer : LayerViews(answer.trace())) {
    std::vector<std::string> letters;
    for (const TraceQuantity& quantity : layer.quantities) {
      letters.push_back(
          absl::StrCat("\"", quantity.name, "\": ", numbers(Row(*quantity.tensor, row))));
    }
    layers.push_back(absl::StrCat("{", absl::StrJoin(letters, ", "), "}"));
  }
  if (options.is_kept) absl::StrAppend(&line, ", \"durable_step\": ", answer.durable_step());
  return absl::StrCat(line, ", \"layers\": [", absl::StrJoin(layers, ", "), "]}\n");
}

}  // namespace

Table RowsOf(const v1::StepResponse& answer, const v1::Tensor& inputs,
             const StepPrinter::Options& options) {
  const v1::Tensor shown = InputsShown(answer, inputs);
  TraceTableOptions table_options = TableOptions(answer, options);
  table_options.inputs = &shown;
  return StepRows(answer.trace(), table_options);
}

void StepPrinter::Print(const v1::StepResponse& answer, const v1::Tensor& inputs) {
  if (options_.form == Form::kJsonLines) {
    const v1::Tensor shown = InputsShown(answer, inputs);
    for (int64_t row = 0; row < StepCount(answer.trace()); ++row) {
      out_ << JsonLine(answer, shown, row, options_);
    }
  } else {
    PrintRows(RowsOf(answer, inputs, options_));
  }
  out_.flush();
}

void StepPrinter::PrintRows(const Table& rows) {
  if (options_.form == Form::kText) {
    PrintText(rows);
    return;
  }
  const std::string text = CsvText(rows);
  const bool first = header_.empty();
  header_ = rows.header;
  out_ << (first ? text : text.substr(text.find('\n') + 1));
}

void StepPrinter::PrintText(const Table& rows) {
  if (Widen(rows)) {
    out_ << (options_.colours ? kDim : "");
    PrintLine(header_);
    out_ << (options_.colours ? kPlain : "");
  }
  for (const auto& row : rows.rows) PrintLine(row);
}

bool StepPrinter::Widen(const Table& rows) {
  const std::vector<size_t> before = widths_;
  if (rows.header != header_) widths_.clear();
  header_ = rows.header;
  if (widths_.empty()) {
    for (const std::string& name : header_) {
      // Indices and inputs are short as a rule.
      const bool is_short = name == "t" || name == "x" || name == "k" || name == "layer";
      widths_.push_back(std::max(name.size(), is_short ? 2 : kNumberWidth));
    }
  }
  for (const auto& row : rows.rows) {
    for (size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], row[i].size());
  }
  return widths_ != before;
}

void StepPrinter::PrintLine(const std::vector<std::string>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    absl::StrAppend(&line, i == 0 ? "" : "  ",
                    std::string(widths_[i] - std::min(widths_[i], cells[i].size()), ' '), cells[i]);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out_ << line << "\n";
}

}  // namespace cellar
