#include "server/api/evaluation_plan.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "server/api/answer_size.h"
#include "server/api/api_errors.h"
#include "server/api/convert_enums.h"
#include "server/api/convert_model.h"
#include "server/api/convert_state.h"
#include "server/api/convert_tensor.h"
#include "server/api/resource_names.h"
#include "server/api/step_plan.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"

namespace cellar {
namespace {

// A piece takes at most about 20 ms (at 10^9 multiply-adds a second, a slow processor's pace with
// the portable kernel), so that a cancelled call stops soon.
constexpr int64_t kPieceMultiplyAdds = 20'000'000;

// Answers fill this part of a message, at most: streams flow better in several messages.
constexpr int64_t kPiecesPerMessage = 4;

// A sequence of a bidirectional model is held as a whole while it is answered. Its numbers may take
// this many messages, so that what one call makes the server hold stays in proportion to what it
// may send.
constexpr int64_t kWholeMessages = 16;

// The final state's digest and the framing of both.
constexpr int64_t kFinalFraming = 128;

// The model of the request, or the reason why there is none. Violations of an inline model are
// added to `violations`.
absl::StatusOr<std::shared_ptr<const Model>> FindModel(Api& api, const Call& call,
                                                       const v1::EvaluateRequest& request,
                                                       FieldViolations& violations) {
  switch (request.source_case()) {
    case v1::EvaluateRequest::kModel: {
      if (!CheckName(request.model(), kModelCollection, "model", violations)) break;
      auto model = api.models.Get(call.Own(request.model()));
      if (!model.ok()) return WithServerFacts(model.status(), api.sessions.epoch());
      return model;
    }
    case v1::EvaluateRequest::kInlineModel: {
      BuildModelOptions options;
      options.path = "inline_model";
      if (request.numerics().precision() == v1::PRECISION_FLOAT64) {
        options.fallback_precision = Precision::kFloat64;
      }
      options.limits = api.limits.model;
      options.now = api.clock.Now();
      auto model = BuildModel(request.inline_model(), std::move(options));
      if (GetErrorReason(model.status()) != "BAD_REQUEST") return model;
      const ErrorDetail detail = *GetErrorDetail(model.status());
      violations.insert(violations.end(), detail.violations.begin(), detail.violations.end());
      break;
    }
    case v1::EvaluateRequest::SOURCE_NOT_SET:
      violations.push_back({"source", "is required; give `model` or `inline_model`"});
      break;
  }
  return absl::InvalidArgumentError("no model");
}

AnyInputs ReadInputs(const v1::Tensor& tensor, const EvaluationPlan& plan, absl::string_view path,
                     FieldViolations& violations) {
  const int64_t input_size = plan.model->input_size();
  if (plan.numerics.precision == Precision::kFloat32) {
    return ReadRows<float>(tensor, input_size, path, violations);
  }
  return ReadRows<double>(tensor, input_size, path, violations);
}

PlannedSequence ReadSequence(const v1::Sequence& message, const EvaluationPlan& plan,
                             absl::string_view path, FieldViolations& violations) {
  PlannedSequence sequence;
  sequence.inputs = ReadInputs(message.inputs(), plan, absl::StrCat(path, ".inputs"), violations);
  const auto number_count = std::visit(
      [](const auto& numbers) { return static_cast<int64_t>(numbers.size()); }, sequence.inputs);
  sequence.step_count = number_count / plan.model->input_size();
  if (message.has_initial_state()) {
    sequence.initial_state = message.initial_state();
    ReadState(&message.initial_state(), {*plan.model, plan.numerics.precision},
              absl::StrCat(path, ".initial_state"), violations);
  }
  return sequence;
}

// What can be checked of the sequences without a model.
void CheckSequences(const v1::EvaluateRequest& request, bool model_known,
                    FieldViolations& violations) {
  if (request.sequences().empty()) {
    violations.push_back({"sequences", "is required; give at least one sequence"});
  }
  if (model_known) return;
  for (int i = 0; i < request.sequences_size() && violations.size() < kMaxViolations; ++i) {
    if (EncodingOf(request.sequences(i).inputs()) != v1::ENCODING_UNSPECIFIED) continue;
    violations.push_back({absl::StrCat("sequences[", i, "].inputs"),
                          "is required; give the x of at least one step, [T, I]"});
  }
}

// A bidirectional model runs a sequence whole, there and back, and cannot be interrupted meanwhile;
// any other pauses between pieces.
absl::Status CheckStepsOf(const EvaluationPlan& plan, const ApiLimits& limits) {
  int64_t steps = 0;
  for (const PlannedSequence& sequence : plan.sequences) steps += sequence.step_count;
  if (plan.whole) return CheckStepCount(limits, 2 * StepCost(*plan.model), steps);
  const int64_t limit = limits.max_steps_per_request;
  return steps <= limit ? absl::OkStatus() : StepCountLimit(steps, limit);
}

// Numbers that are held while the longest sequence is run as a whole: what is shown, and what goes
// into and out of the widest layer.
int64_t WholeNumberCount(const EvaluationPlan& plan) {
  int64_t longest = 0;
  for (const PlannedSequence& sequence : plan.sequences) {
    longest = std::max(longest, sequence.step_count);
  }
  int64_t widest = 0;
  for (size_t i = 0; i < plan.model->shapes().size(); ++i) {
    widest = std::max(
        widest, plan.model->shapes()[i].output_size + plan.model->backward_shapes()[i].output_size);
  }
  return TraceNumberCount(*plan.model, plan.numerics, plan.options, longest) + 2 * longest * widest;
}

// Chooses steps_per_piece and tells taken_bytes. Errors: ANSWER_SIZE_LIMIT if one step, or the
// final state with it, does not fit into a message.
absl::Status CutIntoPieces(int64_t max_message_bytes, EvaluationPlan& plan) {
  const Model& model = *plan.model;
  const auto answer_bytes = [&](int64_t step_count) {
    return StepAnswerBytes(model, plan.numerics, plan.options, plan.encoding, step_count);
  };
  const int64_t final_bytes =
      kFinalFraming + StateBytes(model, plan.numerics.precision, plan.encoding);
  CELLAR_RETURN_IF_ERROR(CheckAnswerSize(answer_bytes(1) + final_bytes, max_message_bytes));
  const int64_t wanted_bytes =
      std::min(max_message_bytes / kPiecesPerMessage, max_message_bytes - final_bytes);
  const int64_t bytes_per_step = answer_bytes(2) - answer_bytes(1);  // 0 under LAST_STEP
  plan.steps_per_piece =
      plan.whole ? std::numeric_limits<int64_t>::max() : kPieceMultiplyAdds / StepCost(model);
  if (bytes_per_step > 0) {
    plan.steps_per_piece =
        std::min(plan.steps_per_piece, 1 + (wanted_bytes - answer_bytes(1)) / bytes_per_step);
  }
  plan.steps_per_piece = std::max<int64_t>(1, plan.steps_per_piece);
  plan.taken_bytes = StateBytes(model, plan.numerics.precision, v1::ENCODING_RAW);
  if (!plan.whole) return absl::OkStatus();
  const int64_t whole_bytes =
      WholeNumberCount(plan) * NumberBytes(v1::ENCODING_RAW, plan.numerics.precision);
  plan.taken_bytes += whole_bytes;
  return CheckAnswerSize(whole_bytes, kWholeMessages * max_message_bytes);
}

}  // namespace

absl::StatusOr<EvaluationPlan> PlanEvaluation(Api& api, const Call& call,
                                              const v1::EvaluateRequest& request) {
  EvaluationPlan plan;
  FieldViolations violations;
  absl::StatusOr<std::shared_ptr<const Model>> model = FindModel(api, call, request, violations);
  plan.numerics =
      ReadNumerics(request.numerics(), model.ok() ? (*model)->precision() : Precision::kFloat32,
                   "numerics", violations);
  plan.options = ReadTraceOptions(request.view(), request.density(), "", violations);
  CheckEnum(request.encoding(), "encoding", violations);
  CheckSequences(request, model.ok(), violations);
  if (!model.ok()) {
    CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));
    return model.status();
  }
  plan.model = *std::move(model);
  plan.whole = plan.model->bidirectional();
  CheckPrecision(*plan.model, plan.numerics.precision, "numerics.precision", violations);
  for (int i = 0; i < request.sequences_size() && violations.size() < kMaxViolations; ++i) {
    plan.sequences.push_back(
        ReadSequence(request.sequences(i), plan, absl::StrCat("sequences[", i, "]"), violations));
  }
  CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));
  plan.encoding = ChooseEncoding(request.encoding(), EncodingOf(request.sequences(0).inputs()));
  CELLAR_RETURN_IF_ERROR(CheckStepsOf(plan, api.limits));
  CELLAR_RETURN_IF_ERROR(CutIntoPieces(api.limits.max_message_bytes, plan));
  if (request.source_case() == v1::EvaluateRequest::kModel) {
    CELLAR_RETURN_IF_ERROR(api.models.Reserve(call.Own(request.model()), plan.numerics.precision));
  }
  return plan;
}

}  // namespace cellar
