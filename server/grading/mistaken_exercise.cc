#include "server/grading/mistaken_exercise.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>

#include "server/grading/mistaken_step.h"
#include "server/grading/trace_values.h"

namespace cellar {
namespace {

// The arrays of a layer that an answer can be made of, in the order of Quantity.
template <class Real>
std::vector<std::vector<Real>*> ArraysOf(LayerTrace<Real>& layer) {
  return {&layer.h,           &layer.c,           &layer.forget_gate, &layer.input_gate,
          &layer.output_gate, &layer.update_gate, &layer.reset_gate,  &layer.candidate};
}

template <class Real>
LayerTrace<Real> MakeTrace(const CellShape& shape, const StepFormulas& formulas, int64_t rows) {
  LayerTrace<Real> trace;
  const std::vector<std::vector<Real>*> arrays = ArraysOf(trace);
  for (size_t k = 0; k < arrays.size(); ++k) {
    arrays[k]->resize(rows * QuantityLength(shape, static_cast<Quantity>(k)));
  }
  if (formulas.rounding != RoundingRule::kNone) trace.unrounded_h.resize(trace.h.size());
  return trace;
}

template <class Real>
absl::Span<Real> RowOf(std::vector<Real>& rows, int64_t row_count, int64_t row) {
  const int64_t length = static_cast<int64_t>(rows.size()) / row_count;
  return absl::MakeSpan(rows.data() + row * length, length);
}

template <class Real>
StepTrace<Real> RowOf(LayerTrace<Real>& trace, int64_t row_count, int64_t row) {
  StepTrace<Real> at;
  at.h = RowOf(trace.h, row_count, row);
  at.unrounded_h = RowOf(trace.unrounded_h, row_count, row);
  at.c = RowOf(trace.c, row_count, row);
  at.forget_gate = RowOf(trace.forget_gate, row_count, row);
  at.input_gate = RowOf(trace.input_gate, row_count, row);
  at.output_gate = RowOf(trace.output_gate, row_count, row);
  at.update_gate = RowOf(trace.update_gate, row_count, row);
  at.reset_gate = RowOf(trace.reset_gate, row_count, row);
  at.candidate = RowOf(trace.candidate, row_count, row);
  return at;
}

template <class Real>
void Reverse(int64_t row_count, std::vector<Real>& rows) {
  for (int64_t low = 0, high = row_count - 1; low < high; ++low, --high) {
    const absl::Span<Real> row = RowOf(rows, row_count, low);
    std::swap_ranges(row.begin(), row.end(), RowOf(rows, row_count, high).begin());
  }
}

// Each row goes to the step after; the first shows the initial state, or zeros.
template <class Real>
void Delay(int64_t row_count, const std::vector<Real>& initial, std::vector<Real>& rows) {
  if (rows.empty()) return;
  const auto length = static_cast<int64_t>(rows.size()) / row_count;
  std::copy_backward(rows.begin(), rows.end() - length, rows.end());
  for (int64_t k = 0; k < length; ++k) rows[k] = initial.empty() ? Real{0} : initial[k];
}

template <class Real>
void Report(const StepFormulas& formulas, int64_t row_count, const CellState<Real>& initial,
            LayerTrace<Real>& layer) {
  switch (formulas.report) {
    case ReportFormula::kRight:
      return;
    case ReportFormula::kHiddenAndMemoryExchanged:
      if (layer.h.size() != layer.c.size()) return;
      std::swap(layer.h, layer.c);
      for (Real& value : layer.h) value = RoundBy(formulas.rounding, value);
      return;
    case ReportFormula::kUnrounded:
      if (!layer.unrounded_h.empty()) layer.h = layer.unrounded_h;
      return;
    case ReportFormula::kLate:
      for (std::vector<Real>* rows : ArraysOf(layer)) {
        const bool is_h = rows == &layer.h;
        const bool is_c = rows == &layer.c;
        Delay(row_count, is_h ? initial.h : (is_c ? initial.c : std::vector<Real>()), *rows);
      }
      return;
    case ReportFormula::kReversed:
      for (std::vector<Real>* rows : ArraysOf(layer)) Reverse(row_count, *rows);
      return;
  }
}

}  // namespace

template <class Real>
MistakenExercise<Real> UnmistakenExercise(const Exercise& exercise) {
  MistakenExercise<Real> mistaken;
  mistaken.layers = exercise.model->Layers<Real>().layers;
  mistaken.formulas = RightFormulas(exercise.numerics);
  for (const ExerciseSequence& sequence : exercise.sequences) {
    mistaken.sequences.push_back({std::get<std::vector<Real>>(sequence.inputs), sequence.step_count,
                                  std::get<StackState<Real>>(*sequence.initial_state)});
  }
  return mistaken;
}

template <class Real>
StackTrace<Real> RunMistaken(const MistakenExercise<Real>& exercise,
                             const MistakenSequence<Real>& sequence) {
  const int64_t step_count = sequence.step_count;
  const auto input_size = static_cast<int64_t>(sequence.inputs.size()) / step_count;
  StackTrace<Real> trace;
  trace.step_count = step_count;
  for (const CellWeights<Real>& layer : exercise.layers) {
    trace.layers.push_back(MakeTrace<Real>(ShapeOf(layer), exercise.formulas, step_count));
  }
  StackState<Real> state = sequence.initial_state;
  MistakenWorkspace<Real> workspace;
  for (int64_t step = 0; step < step_count; ++step) {
    absl::Span<const Real> x =
        absl::MakeConstSpan(sequence.inputs).subspan(step * input_size, input_size);
    for (size_t k = 0; k < exercise.layers.size(); ++k) {
      const MistakenStep<Real> one_step = {exercise.layers[k], exercise.formulas, x,
                                           sequence.initial_state.layers[k]};
      StepMistaken(one_step, state.layers[k], workspace, RowOf(trace.layers[k], step_count, step));
      x = state.layers[k].h;
    }
  }
  for (size_t k = 0; k < trace.layers.size(); ++k) {
    Report(exercise.formulas, step_count, sequence.initial_state.layers[k], trace.layers[k]);
  }
  trace.outputs = trace.layers.back().h;
  return trace;
}

template <class Real>
std::vector<double> AnswersOf(const MistakenExercise<Real>& exercise,
                              const std::vector<Question>& questions) {
  std::vector<StackTrace<Real>> traces;
  traces.reserve(exercise.sequences.size());
  for (const MistakenSequence<Real>& sequence : exercise.sequences) {
    traces.push_back(RunMistaken(exercise, sequence));
  }
  std::vector<double> values;
  for (const Question& question : questions) {
    for (int64_t k = 0; k < question.value_count(); ++k) {
      const AskedValue asked = question.ValueAt(k);
      values.push_back(TraceValue(traces[asked.sequence], asked, asked.step));
    }
  }
  return values;
}

template MistakenExercise<float> UnmistakenExercise(const Exercise&);
template MistakenExercise<double> UnmistakenExercise(const Exercise&);
template StackTrace<float> RunMistaken(const MistakenExercise<float>&,
                                       const MistakenSequence<float>&);
template StackTrace<double> RunMistaken(const MistakenExercise<double>&,
                                        const MistakenSequence<double>&);
template std::vector<double> AnswersOf(const MistakenExercise<float>&,
                                       const std::vector<Question>&);
template std::vector<double> AnswersOf(const MistakenExercise<double>&,
                                       const std::vector<Question>&);

}  // namespace cellar
