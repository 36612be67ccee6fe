#include "tests/testing/exercise_builder.h"

#include <numeric>
#include <string>
#include <utility>

#include "server/grading/comparison.h"
#include "tests/testing/model_builder.h"

namespace cellar {

std::vector<int64_t> UpTo(int64_t count) {
  std::vector<int64_t> indices(static_cast<size_t>(count));
  std::iota(indices.begin(), indices.end(), int64_t{0});
  return indices;
}

Exercise ExerciseOf(std::shared_ptr<const Model> model, const Numerics& numerics,
                    const std::vector<std::vector<double>>& sequences) {
  Exercise exercise;
  exercise.numerics = numerics;
  for (const std::vector<double>& inputs : sequences) {
    ExerciseSequence sequence;
    if (numerics.precision == Precision::kFloat32) {
      sequence.inputs = std::vector<float>(inputs.begin(), inputs.end());
    } else {
      sequence.inputs = inputs;
    }
    sequence.step_count = static_cast<int64_t>(inputs.size()) / model->input_size();
    sequence.initial_state =
        std::make_shared<const AnyStackState>(ZeroStackState(*model, numerics.precision));
    exercise.sequences.push_back(std::move(sequence));
  }
  exercise.model = std::move(model);
  return exercise;
}

Question& Ask(Exercise& exercise, Quantity quantity, int64_t sequence) {
  Question question;
  question.id = std::to_string(exercise.questions.size() + 1);
  question.sequence = sequence;
  question.quantity = quantity;
  question.layer = static_cast<int64_t>(exercise.model->shapes().size()) - 1;
  question.steps = UpTo(exercise.sequences[sequence].step_count);
  question.elements = UpTo(QuantityLength(exercise.model->shapes().back(), quantity));
  question.comparison = DefaultComparison(quantity, exercise.numerics);
  exercise.questions.push_back(std::move(question));
  return exercise.questions.back();
}

Exercise HomeworkExercise(const Numerics& numerics) {
  Exercise exercise = ExerciseOf(HomeworkModel(numerics.precision), numerics,
                                 {{0, 0, 1, 1, 1, 0}, {1, 1, 0, 1, 1}});
  Ask(exercise, Quantity::kH, 0);
  Ask(exercise, Quantity::kH, 1);
  return exercise;
}

std::shared_ptr<const CompiledExercise> Compile(Exercise exercise) {
  return CompileExercise(std::move(exercise), [] { return false; }).value();
}

Answer RightAnswer(const CompiledExercise& compiled) {
  return {compiled.expected.begin(), compiled.expected.end()};
}

}  // namespace cellar
