#include "client/trace_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/tensor.h"

namespace cellar {
namespace {

// Every letter a layer may have, in the order of showing.
struct Letter {
  const char* name;
  bool (v1::LayerTrace::*has)() const;
  const v1::Tensor& (v1::LayerTrace::*get)() const;
};

constexpr Letter kLetters[] = {
    {"f", &v1::LayerTrace::has_forget_gate, &v1::LayerTrace::forget_gate},
    {"i", &v1::LayerTrace::has_input_gate, &v1::LayerTrace::input_gate},
    {"o", &v1::LayerTrace::has_output_gate, &v1::LayerTrace::output_gate},
    {"z", &v1::LayerTrace::has_update_gate, &v1::LayerTrace::update_gate},
    {"r", &v1::LayerTrace::has_reset_gate, &v1::LayerTrace::reset_gate},
    {"g", &v1::LayerTrace::has_candidate, &v1::LayerTrace::candidate},
    {"c", &v1::LayerTrace::has_c, &v1::LayerTrace::c},
    {"unrounded_h", &v1::LayerTrace::has_unrounded_h, &v1::LayerTrace::unrounded_h},
    {"h", &v1::LayerTrace::has_h, &v1::LayerTrace::h},
};

LayerView ViewOf(const v1::LayerTrace& layer, const std::string& title) {
  LayerView view;
  view.title = title;
  for (const Letter& letter : kLetters) {
    if ((layer.*letter.has)()) view.quantities.push_back({letter.name, &(layer.*letter.get)()});
  }
  return view;
}

std::vector<std::string> Texts(absl::Span<const double> numbers, const NumberFormat& format) {
  std::vector<std::string> texts;
  for (const double number : numbers) texts.push_back(FormatNumber(number, format));
  return texts;
}

// The quantities of a table's columns: x, if it is shown, and the layer's.
std::vector<TraceQuantity> Columns(const LayerView& layer, const TraceTableOptions& options) {
  std::vector<TraceQuantity> columns;
  if (options.inputs != nullptr) columns.push_back({"x", options.inputs});
  columns.insert(columns.end(), layer.quantities.begin(), layer.quantities.end());
  return columns;
}

int64_t ShownWidth(const v1::Tensor& tensor, int64_t max_elements) {
  const int64_t width = RowWidth(tensor);
  return max_elements > 0 ? std::min(width, max_elements) : width;
}

// Makes StepRows; the members are what all its rows have in common.
class RowMaker {
 public:
  RowMaker(std::vector<LayerView> layers, const TraceTableOptions& options)
      : layers_(std::move(layers)), options_(options) {
    for (const Letter& letter : kLetters) {
      if (HasLetter(letter.name)) letters_.push_back(letter.name);
    }
    for (const LayerView& layer : layers_) has_vectors_ = has_vectors_ || Height(layer) > 1;
  }

  std::vector<std::string> Header() const {
    std::vector<std::string> header = {"t"};
    if (layers_.size() > 1) header.push_back("layer");
    if (has_vectors_) header.push_back("k");
    if (options_.inputs != nullptr) header.push_back("x");
    header.insert(header.end(), letters_.begin(), letters_.end());
    return header;
  }

  void AddStep(int64_t step, Table& table) const {
    for (const LayerView& layer : layers_) {
      for (int64_t element = 0; element < Height(layer); ++element) {
        table.rows.push_back(RowOf(layer, step, element));
      }
    }
  }

 private:
  bool HasLetter(const std::string& name) const {
    for (const LayerView& layer : layers_) {
      for (const TraceQuantity& quantity : layer.quantities) {
        if (quantity.name == name) return true;
      }
    }
    return false;
  }

  int64_t Height(const LayerView& layer) const {
    int64_t height = 1;
    for (const TraceQuantity& quantity : layer.quantities) {
      height = std::max(height, ShownWidth(*quantity.tensor, options_.max_elements));
    }
    return height;
  }

  std::vector<std::string> RowOf(const LayerView& layer, int64_t step, int64_t element) const {
    std::vector<std::string> row = {absl::StrCat(options_.first_step + step)};
    if (layers_.size() > 1) row.push_back(layer.title.substr(sizeof("layer ") - 1));
    if (has_vectors_) row.push_back(absl::StrCat(element));
    const bool is_first = &layer == &layers_.front() && element == 0;
    if (options_.inputs != nullptr) {
      const auto x = Row(*options_.inputs, step);
      row.push_back(is_first ? absl::StrJoin(Texts(x, options_.format), " ") : "");
    }
    for (const std::string& letter : letters_) row.push_back(Cell(layer, letter, step, element));
    return row;
  }

  std::string Cell(const LayerView& layer, const std::string& letter, int64_t step,
                   int64_t element) const {
    for (const TraceQuantity& quantity : layer.quantities) {
      if (quantity.name != letter || element >= RowWidth(*quantity.tensor)) continue;
      const auto numbers = Row(*quantity.tensor, step);
      return FormatNumber(numbers[static_cast<size_t>(element)], options_.format);
    }
    return "";
  }

  const std::vector<LayerView> layers_;
  const TraceTableOptions& options_;
  std::vector<std::string> letters_;  // of any layer, in the order of showing
  bool has_vectors_ = false;
};

}  // namespace

std::vector<LayerView> LayerViews(const v1::Trace& trace) {
  std::vector<LayerView> views;
  int number = 0;
  for (const auto& layer : trace.layers()) {
    views.push_back(ViewOf(layer, absl::StrCat("layer ", ++number)));
  }
  number = 0;
  for (const auto& layer : trace.backward_layers()) {
    views.push_back(ViewOf(layer, absl::StrCat("layer ", ++number, " backward")));
  }
  if (views.empty()) views.push_back({"", {{"h", &trace.outputs()}}});
  return views;
}

Table LayerTable(const LayerView& layer, const TraceTableOptions& options) {
  const std::vector<TraceQuantity> columns = Columns(layer, options);
  Table table;
  table.header.push_back("t");
  for (const TraceQuantity& column : columns) {
    const int64_t width = ShownWidth(*column.tensor, options.max_elements);
    for (int64_t k = 0; k < width; ++k) {
      const bool scalar = RowWidth(*column.tensor) == 1;
      table.header.push_back(scalar ? column.name : absl::StrCat(column.name, "[", k, "]"));
    }
  }
  const v1::Tensor& some = *layer.quantities.front().tensor;
  const int64_t step_count = some.shape().empty() ? 1 : some.shape(0);
  for (int64_t step = 0; step < step_count; ++step) {
    std::vector<std::string> row = {absl::StrCat(options.first_step + step)};
    for (const TraceQuantity& column : columns) {
      const auto width = static_cast<size_t>(ShownWidth(*column.tensor, options.max_elements));
      const auto texts = Texts(Row(*column.tensor, step).subspan(0, width), options.format);
      row.insert(row.end(), texts.begin(), texts.end());
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table StepRows(const v1::Trace& trace, const TraceTableOptions& options) {
  const RowMaker maker(LayerViews(trace), options);
  Table table;
  table.header = maker.Header();
  for (int64_t step = 0; step < StepCount(trace); ++step) maker.AddStep(step, table);
  return table;
}

int64_t StepCount(const v1::Trace& trace) {
  return trace.outputs().shape().empty() ? 0 : trace.outputs().shape(0);
}

int64_t RowWidth(const v1::Tensor& tensor) {
  if (tensor.shape_size() >= 2) return tensor.shape(1);
  return tensor.shape().empty() ? tensor.values_size() : 1;
}

}  // namespace cellar
