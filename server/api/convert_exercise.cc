#include "server/api/convert_exercise.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api/api_errors.h"
#include "server/api/convert_enums.h"
#include "server/api/convert_model.h"
#include "server/api/convert_question.h"
#include "server/api/convert_state.h"
#include "server/api/convert_tensor.h"
#include "server/api/convert_variation.h"
#include "server/api/step_plan.h"
#include "server/base/status_macros.h"

namespace cellar {
namespace {

// Reads one exercise; REQUIRES: Read is called once.
class ExerciseReader {
 public:
  ExerciseReader(const v1::Exercise& message, const ApiLimits& limits, BuildExerciseOptions options)
      : message_(message),
        limits_(limits),
        path_(std::move(options.path)),
        now_(options.now),
        violations_(std::move(options.violations)) {}

  absl::StatusOr<Exercise> Read() {
    CELLAR_RETURN_IF_ERROR(ReadModel());
    ReadRules();
    if (message_.sequences().empty()) Violation(".sequences", "is required; give at least one");
    if (exercise_.model != nullptr && FitsPrecision()) {
      CELLAR_RETURN_IF_ERROR(ReadWhatNeedsTheModel());
    }
    CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations_)));
    return std::move(exercise_);
  }

 private:
  void Violation(absl::string_view field, std::string description) {
    violations_.push_back({absl::StrCat(path_, field), std::move(description)});
  }

  // Errors: MODEL_SIZE_LIMIT. After violations there is no model.
  absl::Status ReadModel() {
    if (!message_.has_model()) {
      Violation(".model", "is missing; must be a model with its weights");
      return absl::OkStatus();
    }
    BuildModelOptions options;
    options.path = path_ + ".model";
    if (message_.numerics().precision() == v1::PRECISION_FLOAT64) {
      options.fallback_precision = Precision::kFloat64;
    }
    options.limits = limits_.model;
    options.now = now_;
    auto model = BuildModel(message_.model(), std::move(options));
    if (GetErrorReason(model.status()) == "BAD_REQUEST") {
      const ErrorDetail detail = *GetErrorDetail(model.status());
      violations_.insert(violations_.end(), detail.violations.begin(), detail.violations.end());
      return absl::OkStatus();
    }
    CELLAR_RETURN_IF_ERROR(model.status());
    if ((*model)->bidirectional()) {
      Violation(".model.backward_layers",
                "are given; an exercise is about a model that reads forward only");
      return absl::OkStatus();
    }
    exercise_.model = *std::move(model);
    return absl::OkStatus();
  }

  // What can be checked without the model.
  void ReadRules() {
    const Precision precision =
        exercise_.model == nullptr ? Precision::kFloat32 : exercise_.model->precision();
    exercise_.numerics =
        ReadNumerics(message_.numerics(), precision, path_ + ".numerics", violations_);
    exercise_.feedback = ReadFeedback(message_.feedback(), path_ + ".feedback", violations_);
    CheckQuestionRules(message_, path_, violations_);
  }

  bool FitsPrecision() {
    return CheckPrecision(*exercise_.model, exercise_.numerics.precision,
                          path_ + ".numerics.precision", violations_);
  }

  absl::Status ReadWhatNeedsTheModel() {
    zero_state_ = std::make_shared<const AnyStackState>(
        ZeroStackState(*exercise_.model, exercise_.numerics.precision));
    const int64_t step_cost = StepCost(*exercise_.model);
    int64_t steps = 0;
    for (int i = 0; i < message_.sequences_size() && violations_.size() < kMaxViolations; ++i) {
      exercise_.sequences.push_back(
          ReadSequence(message_.sequences(i), absl::StrCat(path_, ".sequences[", i, "]")));
      steps += exercise_.sequences.back().step_count;
      CELLAR_RETURN_IF_ERROR(CheckStepCount(limits_, step_cost, steps));
    }
    // Step indices make no sense before all the sequences do.
    if (std::all_of(exercise_.sequences.begin(), exercise_.sequences.end(),
                    [](const ExerciseSequence& sequence) { return sequence.step_count > 0; })) {
      exercise_.questions =
          ReadQuestions(message_, exercise_, limits_.max_exercise_values, path_, violations_);
    }
    exercise_.variations = ReadVariations(message_, exercise_, path_, violations_);
    return absl::OkStatus();
  }

  ExerciseSequence ReadSequence(const v1::Sequence& message, const std::string& path) {
    ExerciseSequence sequence;
    const std::string inputs_path = path + ".inputs";
    const int64_t input_size = exercise_.model->input_size();
    if (exercise_.numerics.precision == Precision::kFloat32) {
      sequence.inputs = ReadRows<float>(message.inputs(), input_size, inputs_path, violations_);
    } else {
      sequence.inputs = ReadRows<double>(message.inputs(), input_size, inputs_path, violations_);
    }
    sequence.step_count = std::visit(
        [input_size](const auto& x) { return static_cast<int64_t>(x.size()) / input_size; },
        sequence.inputs);
    // Sequences that start from zero share one state: a few bytes here may mean a large one.
    sequence.initial_state =
        IsAllZero(message.initial_state(), *exercise_.model)
            ? zero_state_
            : ReadState(&message.initial_state(), {*exercise_.model, exercise_.numerics.precision},
                        path + ".initial_state", violations_);
    return sequence;
  }

  // Whether a state of this message is zero because nothing is given in it, or in its layers.
  static bool IsAllZero(const v1::State& state, const Model& model) {
    return HasNothing(state.layers(), model.shapes().size()) &&
           HasNothing(state.backward_layers(), model.backward_shapes().size());
  }

  static bool HasNothing(const google::protobuf::RepeatedPtrField<v1::LayerState>& layers,
                         size_t layer_count) {
    if (layers.empty()) return true;
    return static_cast<size_t>(layers.size()) == layer_count &&
           std::all_of(layers.begin(), layers.end(),
                       [](const v1::LayerState& layer) { return layer.ByteSizeLong() == 0; });
  }

  const v1::Exercise& message_;
  const ApiLimits& limits_;
  const std::string path_;
  const absl::Time now_;
  FieldViolations violations_;
  std::shared_ptr<const AnyStackState> zero_state_;
  Exercise exercise_;
};

}  // namespace

absl::StatusOr<Exercise> BuildExercise(const v1::Exercise& message, const ApiLimits& limits,
                                       BuildExerciseOptions options) {
  return ExerciseReader(message, limits, std::move(options)).Read();
}

}  // namespace cellar
