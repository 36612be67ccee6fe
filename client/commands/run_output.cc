#include "client/commands/run_output.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/commands/terminal.h"
#include "client/describe.h"
#include "client/error_text.h"
#include "client/json_writer.h"
#include "client/table.h"
#include "client/tensor.h"
#include "client/trace_view.h"

namespace cellar {
namespace {

// The exercise's precision as the server takes it: numerics', else the model's, else FLOAT32.
v1::Precision PrecisionOf(const v1::Exercise& exercise) {
  const v1::Precision asked = exercise.numerics().precision();
  return asked != v1::PRECISION_UNSPECIFIED ? asked : exercise.model().precision();
}

// x with the shape that the answer implies: the file may leave it out.
v1::Tensor ShapedInputs(const v1::Tensor& inputs, int64_t step_count) {
  v1::Tensor shaped = inputs;
  if (shaped.shape_size() == 2 || step_count < 1) return shaped;
  shaped.clear_shape();
  shaped.add_shape(step_count);
  shaped.add_shape(shaped.values_size() / step_count);
  return shaped;
}

std::string SequenceTitle(const v1::Exercise& exercise, int index) {
  const std::string& title = exercise.sequences(index).title();
  return title.empty() ? absl::StrCat("sequence ", index + 1) : OneLine(title);
}

std::vector<double> RoundedOutputs(const v1::Trace& trace) {
  std::vector<double> rounded;
  for (const double value : trace.outputs().values()) rounded.push_back(RoundTiesToZero(value));
  return rounded;
}

// "h rounded: 0 0 1", if h is rounded and one number a step: the line to copy.
std::string RoundedLine(const v1::Exercise& exercise, const v1::Trace& trace,
                        const NumberFormat& format) {
  const bool is_rounded = exercise.numerics().rounding() == v1::ROUNDING_NEAREST_TIES_TO_ZERO;
  if (!is_rounded || RowWidth(trace.outputs()) != 1) return "";
  std::string line = "h rounded:";
  for (const double value : RoundedOutputs(trace)) {
    absl::StrAppend(&line, " ", FormatNumber(value, format));
  }
  return line + "\n";
}

// A line that tells that not all elements are shown.
std::string ElidedLine(const LayerView& layer, int64_t max_elements) {
  int64_t width = 0;
  for (const TraceQuantity& quantity : layer.quantities) {
    width = std::max(width, RowWidth(*quantity.tensor));
  }
  if (max_elements == 0 || width <= max_elements) return "";
  return absl::StrCat("(", max_elements, " of ", width,
                      " elements; --elements 0 shows all of them)\n");
}

std::string SequenceText(const v1::Exercise& exercise, int index, const EvaluatedSequence& result,
                         const TraceTableOptions& asked) {
  const v1::Tensor inputs =
      ShapedInputs(exercise.sequences(index).inputs(), StepCount(result.trace));
  TraceTableOptions options = asked;
  options.inputs = inputs.values().empty() ? nullptr : &inputs;
  std::string text = absl::StrCat("\n", SequenceTitle(exercise, index), "\n");
  const std::vector<LayerView> layers = LayerViews(result.trace);
  for (const LayerView& layer : layers) {
    if (layers.size() > 1) absl::StrAppend(&text, layer.title, "\n");
    absl::StrAppend(&text, AlignedText(LayerTable(layer, options), OutputWidth()),
                    ElidedLine(layer, options.max_elements));
    options.inputs = nullptr;  // the layers above have the h below them as their x
  }
  return absl::StrCat(text, RoundedLine(exercise, result.trace, options.format));
}

std::string AsText(const v1::Exercise& exercise, const std::vector<EvaluatedSequence>& evaluated,
                   const NumberFlags& flags) {
  v1::Numerics numerics = exercise.numerics();
  numerics.set_precision(PrecisionOf(exercise));
  TraceTableOptions options;
  options.format = FormatFor(flags, PrecisionOf(exercise));
  options.max_elements = flags.elements;
  std::string text = exercise.title().empty() ? "" : OneLine(exercise.title()) + "\n";
  absl::StrAppend(&text, NumericsText(numerics), "\n");
  for (size_t i = 0; i < evaluated.size(); ++i) {
    text += SequenceText(exercise, static_cast<int>(i), evaluated[i], options);
  }
  return text;
}

std::string AsCsv(const v1::Exercise& exercise, const std::vector<EvaluatedSequence>& evaluated,
                  const NumberFormat& format) {
  Table all;
  for (size_t i = 0; i < evaluated.size(); ++i) {
    const v1::Trace& trace = evaluated[i].trace;
    const v1::Tensor inputs =
        ShapedInputs(exercise.sequences(static_cast<int>(i)).inputs(), StepCount(trace));
    TraceTableOptions options;
    options.format = format;
    options.inputs = &inputs;
    Table rows = StepRows(trace, options);
    all.header = rows.header;
    for (auto& row : rows.rows) {
      row.insert(row.begin(), absl::StrCat(i));
      all.rows.push_back(std::move(row));
    }
  }
  all.header.insert(all.header.begin(), "sequence");
  return CsvText(all);
}

std::vector<double> Numbers(absl::Span<const double> numbers) {
  return {numbers.begin(), numbers.end()};
}

void WriteStep(JsonWriter& json, const v1::Tensor& inputs, const std::vector<LayerView>& layers,
               int64_t step, const NumberFormat& format) {
  json.BeginObject();
  json.Key("t");
  json.Integer(step);
  json.Key("x");
  json.Numbers(Numbers(Row(inputs, step)), format);
  json.Key("layers");
  json.BeginArray();
  for (const LayerView& layer : layers) {
    json.BeginObject();
    for (const TraceQuantity& quantity : layer.quantities) {
      json.Key(quantity.name);
      json.Numbers(Numbers(Row(*quantity.tensor, step)), format);
    }
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
}

void WriteSequence(JsonWriter& json, const v1::Sequence& sequence, const EvaluatedSequence& result,
                   const NumberFormat& format) {
  const int64_t step_count = StepCount(result.trace);
  const v1::Tensor inputs = ShapedInputs(sequence.inputs(), step_count);
  const std::vector<LayerView> layers = LayerViews(result.trace);
  json.BeginObject();
  json.Key("title");
  json.String(sequence.title());
  json.Key("steps");
  json.BeginArray();
  for (int64_t step = 0; step < step_count; ++step) WriteStep(json, inputs, layers, step, format);
  json.EndArray();
  json.Key("outputs");
  json.Numbers(Numbers(result.trace.outputs().values()), format);
  json.Key("rounded_outputs");
  json.Numbers(RoundedOutputs(result.trace), format);
  json.Key("final_state_digest");
  json.String(result.final_state_digest);
  json.EndObject();
}

std::string AsJson(const v1::Exercise& exercise, const std::vector<EvaluatedSequence>& evaluated,
                   const NumberFormat& format) {
  v1::Numerics numerics = exercise.numerics();
  numerics.set_precision(PrecisionOf(exercise));
  JsonWriter json;
  json.BeginObject();
  json.Key("title");
  json.String(exercise.title());
  json.Key("numerics");
  json.String(NumericsText(numerics));
  json.Key("sequences");
  json.BeginArray();
  for (size_t i = 0; i < evaluated.size(); ++i) {
    WriteSequence(json, exercise.sequences(static_cast<int>(i)), evaluated[i], format);
  }
  json.EndArray();
  json.EndObject();
  return json.Take();
}

}  // namespace

std::string RunOutput(const v1::Exercise& exercise, const std::vector<EvaluatedSequence>& evaluated,
                      const NumberFlags& flags) {
  const NumberFormat format = FormatFor(flags, PrecisionOf(exercise));
  if (flags.json) return AsJson(exercise, evaluated, format);
  if (flags.csv) return AsCsv(exercise, evaluated, format);
  return AsText(exercise, evaluated, flags);
}

}  // namespace cellar
