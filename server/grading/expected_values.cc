#include "server/grading/expected_values.h"

#include <algorithm>
#include <cstdint>
#include <variant>

#include "server/engine/step_runner.h"
#include "server/grading/grading_errors.h"
#include "server/grading/trace_values.h"

namespace cellar {
namespace {

// A sequence is run piece by piece: so many numbers of its trace are in memory at once, and so many
// multiply-adds pass before somebody can cancel.
constexpr int64_t kPieceNumbers = 1 << 18;
constexpr int64_t kPieceMultiplyAdds = 20'000'000;

using Values = std::vector<std::vector<double>>;

int64_t StepsPerPiece(const Exercise& exercise) {
  const Model& model = *exercise.model;
  const int64_t numbers = TraceNumberCount(model, exercise.numerics, kEveryValue, 1);
  return std::max<int64_t>(1, std::min(kPieceNumbers / numbers,
                                       kPieceMultiplyAdds / (model.multiply_adds_per_step() + 1)));
}

// Appends the values that `question` asks of the steps from `first_step` on that `trace` shows.
template <class Real>
void AppendValues(const Question& question, int64_t first_step, const StackTrace<Real>& trace,
                  std::vector<double>& values) {
  const auto begin = std::lower_bound(question.steps.begin(), question.steps.end(), first_step);
  for (auto step = begin; step != question.steps.end(); ++step) {
    if (*step >= first_step + trace.step_count) return;
    for (const int64_t element : question.elements) {
      const AskedValue asked = {question.sequence, question.layer, question.quantity, *step,
                                element};
      values.push_back(TraceValue(trace, asked, *step - first_step));
    }
  }
}

// Runs one sequence and appends what any question asks of it.
template <class Real>
absl::Status RunSequence(const Exercise& exercise, int64_t index,
                         const std::function<bool()>& cancelled, Values& values) {
  const ExerciseSequence& sequence = exercise.sequences[index];
  const int64_t input_size = exercise.model->input_size();
  const int64_t piece = StepsPerPiece(exercise);
  const absl::Span<const Real> inputs = std::get<std::vector<Real>>(sequence.inputs);
  auto state = std::get<StackState<Real>>(*sequence.initial_state);
  for (int64_t first = 0; first < sequence.step_count; first += piece) {
    if (cancelled()) return GradingCancelled();
    const int64_t count = std::min(piece, sequence.step_count - first);
    const StackTrace<Real> trace =
        RunSteps(*exercise.model, exercise.numerics,
                 inputs.subspan(first * input_size, count * input_size), kEveryValue, state);
    for (size_t q = 0; q < exercise.questions.size(); ++q) {
      if (exercise.questions[q].sequence != index) continue;
      AppendValues(exercise.questions[q], first, trace, values[q]);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Values> ExpectedValues(const Exercise& exercise,
                                      const std::function<bool()>& cancelled) {
  Values values(exercise.questions.size());
  for (size_t q = 0; q < values.size(); ++q) {
    values[q].reserve(static_cast<size_t>(exercise.questions[q].value_count()));
  }
  for (size_t s = 0; s < exercise.sequences.size(); ++s) {
    const auto index = static_cast<int64_t>(s);
    const absl::Status status = exercise.numerics.precision == Precision::kFloat32
                                    ? RunSequence<float>(exercise, index, cancelled, values)
                                    : RunSequence<double>(exercise, index, cancelled, values);
    if (!status.ok()) return status;
  }
  return values;
}

}  // namespace cellar
