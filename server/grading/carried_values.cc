#include "server/grading/carried_values.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "server/engine/step_runner.h"
#include "server/grading/comparison.h"
#include "server/grading/memory_shown.h"
#include "server/grading/trace_values.h"

namespace cellar {
namespace {

constexpr TraceOptions kHardlyAny = {TraceView::kOutput, TraceDensity::kLastStep};

// A question about the sequence, and how far it has been followed.
struct Asked {
  const Question* question;
  QuestionVerdict* verdict;
  size_t next_step = 0;  // index into question->steps

  int64_t width() const { return static_cast<int64_t>(question->elements.size()); }

  // The values of the step that is next.
  ValueVerdict* values() const { return verdict->values.data() + next_step * width(); }

  bool AsksFor(int64_t step) const {
    return next_step < question->steps.size() && question->steps[next_step] == step;
  }

  bool IsState() const {
    return question->quantity == Quantity::kH || question->quantity == Quantity::kC;
  }
};

// Whether some h or c given is not what was expected.
bool HasSlip(const std::vector<Asked>& all) {
  return std::any_of(all.begin(), all.end(), [](const Asked& asked) {
    const std::vector<ValueVerdict>& values = asked.verdict->values;
    return asked.IsState() &&
           std::any_of(values.begin(), values.end(), [](const ValueVerdict& value) {
             return value.given.has_value() && !value.correct;
           });
  });
}

// One sequence, followed step by step.
template <class Real>
class Follower {
 public:
  Follower(const Exercise& exercise, const ExerciseSequence& sequence, std::vector<Asked> all)
      : exercise_(exercise),
        inputs_(std::get<std::vector<Real>>(sequence.inputs)),
        step_count_(sequence.step_count),
        all_(std::move(all)),
        expected_(std::get<StackState<Real>>(*sequence.initial_state)) {}

  // From the first step on, although up to the first slip the two states are one: how long it takes
  // shall not tell where that is.
  void Follow() {
    followed_ = expected_;
    for (int64_t step = 0; step < step_count_; ++step) {
      Run(step, 1, kHardlyAny, expected_);
      const StackTrace<Real> trace = Run(step, 1, kEveryValue, followed_);
      JudgeStep(step, trace);
      for (size_t layer = 0; layer < followed_.layers.size(); ++layer) Adopt(step, layer, trace);
      for (Asked& asked : all_) asked.next_step += asked.AsksFor(step) ? 1 : 0;
    }
  }

 private:
  StackTrace<Real> Run(int64_t first, int64_t count, TraceOptions options,
                       StackState<Real>& state) const {
    const int64_t input_size = exercise_.model->input_size();
    return RunSteps(*exercise_.model, exercise_.numerics,
                    inputs_.subspan(first * input_size, count * input_size), options, state);
  }

  double Followed(const Asked& asked, int64_t element, const StackTrace<Real>& trace) const {
    const Question& question = *asked.question;
    return TraceValue(
        trace,
        {question.sequence, question.layer, question.quantity, 0, question.elements[element]}, 0);
  }

  bool Accepts(const Asked& asked, double followed, double given) const {
    return std::isfinite(followed) &&
           cellar::Accepts(asked.question->comparison, exercise_.numerics.precision, followed,
                           given);
  }

  void JudgeStep(int64_t step, const StackTrace<Real>& trace) {
    for (const Asked& asked : all_) {
      if (!asked.AsksFor(step) || asked.question->credit != Credit::kCarried) continue;
      for (int64_t k = 0; k < asked.width(); ++k) {
        ValueVerdict& value = asked.values()[k];
        const double followed = Followed(asked, k, trace);
        if (!std::isfinite(followed) || followed == value.expected) continue;
        value.expected_if_carried = followed;
        value.correct_if_carried =
            value.given.has_value() && Accepts(asked, followed, *value.given);
      }
    }
  }

  // Whether `asked` asks for the state of this layer after the step, and has an answer.
  static bool TellsState(const Asked& asked, int64_t step, size_t layer) {
    return asked.IsState() && asked.question->layer == static_cast<int64_t>(layer) &&
           asked.AsksFor(step) && asked.values()->given.has_value();
  }

  // Makes the followed state of a layer that of the student; rules 1 to 3 of the header.
  void Adopt(int64_t step, size_t layer, const StackTrace<Real>& trace) {
    bool is_followed = true;
    bool is_expected = true;
    bool is_finite = true;
    for (const Asked& asked : all_) {
      if (!TellsState(asked, step, layer)) continue;
      for (int64_t k = 0; k < asked.width(); ++k) {
        const ValueVerdict& value = asked.values()[k];
        is_followed = is_followed && Accepts(asked, Followed(asked, k, trace), *value.given);
        is_expected = is_expected && value.correct;
        is_finite = is_finite && std::isfinite(static_cast<Real>(*value.given));
      }
    }
    if (is_followed) return;
    if (is_expected || !is_finite) {
      followed_.layers[layer] = expected_.layers[layer];
    } else {
      PutGiven(step, layer, trace);
    }
  }

  void PutGiven(int64_t step, size_t layer, const StackTrace<Real>& trace) {
    CellState<Real>& state = followed_.layers[layer];
    bool has_h = false;
    bool has_c = false;
    for (const Asked& asked : all_) {
      if (!TellsState(asked, step, layer)) continue;
      const bool is_h = asked.question->quantity == Quantity::kH;
      (is_h ? has_h : has_c) = true;
      for (int64_t k = 0; k < asked.width(); ++k) {
        const double given = *asked.values()[k].given;
        if (Accepts(asked, Followed(asked, k, trace), given)) continue;
        (is_h ? state.h : state.c)[asked.question->elements[k]] = static_cast<Real>(given);
      }
    }
    if (has_c && !has_h) {
      if (!weights_.has_value()) weights_ = exercise_.model->Layers<Real>();
      ShowMemory(weights_->layers[layer], exercise_.numerics, trace.layers[layer].output_gate,
                 state);
    }
  }

  const Exercise& exercise_;
  const absl::Span<const Real> inputs_;
  const int64_t step_count_;
  std::vector<Asked> all_;
  StackState<Real> expected_;
  StackState<Real> followed_;
  std::optional<LayerStack<Real>> weights_;  // a copy, made when it is first needed
};

void JudgeSequence(const Exercise& exercise, const ExerciseSequence& sequence,
                   std::vector<Asked> all) {
  if (!HasSlip(all)) return;
  if (exercise.numerics.precision == Precision::kFloat32) {
    Follower<float>(exercise, sequence, std::move(all)).Follow();
  } else {
    Follower<double>(exercise, sequence, std::move(all)).Follow();
  }
}

}  // namespace

void JudgeCarried(const CompiledExercise& compiled, Verdict& verdict) {
  const Exercise& exercise = compiled.exercise;
  for (size_t s = 0; s < exercise.sequences.size(); ++s) {
    std::vector<Asked> all;
    bool carried = false;
    for (size_t q = 0; q < exercise.questions.size(); ++q) {
      const Question& question = exercise.questions[q];
      if (question.sequence != static_cast<int64_t>(s)) continue;
      all.push_back({&question, &verdict.questions[q]});
      carried = carried || question.credit == Credit::kCarried;
    }
    if (carried) JudgeSequence(exercise, exercise.sequences[s], std::move(all));
  }
}

}  // namespace cellar
