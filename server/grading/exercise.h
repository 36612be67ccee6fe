// What an exercise is once it has been checked: a model, what it is fed, and what is asked of it.
// Everything that may be left out in exercise.proto has been filled in.
//
// Thread safety: values; an exercise is not changed once it is compiled.
#ifndef CELLAR_SERVER_GRADING_EXERCISE_H_
#define CELLAR_SERVER_GRADING_EXERCISE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/cell/numerics.h"
#include "server/grading/asked_value.h"
#include "server/grading/variation.h"
#include "server/model/model.h"
#include "server/model/stack_state.h"

namespace cellar {

// When a given value counts as the expected one: if any of the rules that are set accepts it.
struct Comparison {
  std::optional<double> absolute = {};   // finite, >= 0
  std::optional<double> relative = {};   // finite, >= 0
  std::optional<int64_t> ulps = {};      // >= 0; in the exercise's precision
  std::optional<int32_t> decimals = {};  // 0 to 15

  bool has_rule() const {
    return absolute.has_value() || relative.has_value() || ulps.has_value() || decimals.has_value();
  }

  friend bool operator==(const Comparison&, const Comparison&) = default;
};

enum class Credit { kPerValue, kAllOrNothing, kCarried };

// How much a verdict tells; each level includes those before it.
enum class Feedback { kNone, kSteps, kDiagnosis, kExpected };

// Numbers in the exercise's precision.
using AnyNumbers = std::variant<std::vector<float>, std::vector<double>>;

// Values asked of one sequence: each of `steps`, and of each step each of `elements`.
struct Question {
  std::string id;        // unique in the exercise
  int64_t sequence = 0;  // an index of Exercise.sequences
  Quantity quantity = Quantity::kH;
  int64_t layer = 0;
  std::vector<int64_t> steps;     // ascending, at least one
  std::vector<int64_t> elements;  // ascending, at least one
  double points = 1;              // finite, >= 0
  Comparison comparison;          // has a rule
  Credit credit = Credit::kPerValue;

  int64_t value_count() const { return static_cast<int64_t>(steps.size() * elements.size()); }

  // The value that stands at `index` among those asked: step by step, then element by element.
  AskedValue ValueAt(int64_t index) const {
    const auto width = static_cast<int64_t>(elements.size());
    return {sequence, layer, quantity, steps[index / width], elements[index % width]};
  }
};

// Inputs in the order of time, and the state they start from.
struct ExerciseSequence {
  AnyNumbers inputs;  // [step_count, I]
  int64_t step_count = 0;
  std::shared_ptr<const AnyStackState> initial_state;  // never null
};

struct Exercise {
  std::shared_ptr<const Model> model;  // reads forward only; never null
  Numerics numerics;                   // fits the model
  std::vector<ExerciseSequence> sequences;
  std::vector<Question> questions;  // at least one
  Feedback feedback = Feedback::kSteps;
  std::vector<Variation> variations;

  // Values of all questions together.
  int64_t value_count() const {
    int64_t count = 0;
    for (const Question& question : questions) count += question.value_count();
    return count;
  }
};

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_EXERCISE_H_
