#include "server/api/step_plan.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/api/answer_size.h"
#include "server/api/api_errors.h"
#include "server/api/convert_enums.h"
#include "server/api/convert_tensor.h"
#include "server/api/convert_trace.h"
#include "server/api/session_turn.h"
#include "server/base/status_macros.h"
#include "server/model/stack_state.h"
#include "server/session/session_errors.h"

namespace cellar {
namespace {

// What a step of a tiny model costs all the same, in multiply-adds.
constexpr int64_t kLeastStepCost = 256;

template <class Real>
SharedNumbers ReadInputs(const StepWish& wish, int64_t input_size, FieldViolations& violations) {
  SharedNumbers rows = TryReadRawRows<Real>(wish.inputs, input_size);
  if (rows != nullptr) return rows;
  const std::string path = absl::StrCat(wish.place.Prefix(), "inputs");
  return SharedNumbers::Of<Real>(ReadRows<Real>(wish.inputs, input_size, path, violations));
}

}  // namespace

std::string WishPlace::Prefix() const {
  return item == kNoItem ? std::string(message) : absl::StrCat(message, "items[", item, "].");
}

int64_t StepCost(const Model& model) {
  return std::max(kLeastStepCost, model.multiply_adds_per_step());
}

int64_t GoBackCost(const Session& session, int64_t step_index) {
  return session.StepsBehindOldest(step_index) * StepCost(*session.terms().model);
}

absl::Status CheckStepCount(const ApiLimits& limits, int64_t step_cost, int64_t step_count) {
  const int64_t affordable = std::max<int64_t>(1, limits.max_request_multiply_adds / step_cost);
  if (step_count <= std::min(limits.max_steps_per_request, affordable)) return absl::OkStatus();
  return affordable < limits.max_steps_per_request
             ? StepCostLimit(step_count, affordable, limits.max_request_multiply_adds)
             : StepCountLimit(step_count, limits.max_steps_per_request);
}

void CheckStepIndex(int64_t step_index, absl::string_view path, FieldViolations& violations) {
  if (step_index >= 0) return;
  violations.push_back(
      {std::string(path), absl::StrCat("is ", step_index, "; must be at least 0")});
}

void CheckStepIndex(const StepWish& wish, FieldViolations& violations) {
  if (wish.step_index.value_or(0) >= 0) return;  // no path is put together for nothing
  CheckStepIndex(*wish.step_index, absl::StrCat(wish.place.Prefix(), "step_index"), violations);
}

void CheckInputsGiven(const StepWish& wish, FieldViolations& violations) {
  if (EncodingOf(wish.inputs) != v1::ENCODING_UNSPECIFIED) return;
  violations.push_back({absl::StrCat(wish.place.Prefix(), "inputs"),
                        "is required; give the x of at least one step, [T, I]"});
}

absl::StatusOr<StepPlan> PlanSteps(const ApiLimits& limits, const SessionTerms& terms,
                                   const StepWish& wish, FieldViolations violations) {
  const int64_t input_size = terms.model->input_size();
  SharedNumbers inputs = terms.numerics.precision == Precision::kFloat32
                             ? ReadInputs<float>(wish, input_size, violations)
                             : ReadInputs<double>(wish, input_size, violations);
  CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));
  StepPlan plan;
  plan.step_count = inputs.count() / input_size;
  const int64_t step_cost = StepCost(*terms.model);
  plan.step_index = wish.step_index;
  plan.options = wish.options;
  plan.encoding = ChooseEncoding(wish.encoding, EncodingOf(wish.inputs));
  CELLAR_RETURN_IF_ERROR(CheckStepCount(limits, step_cost, plan.step_count));
  plan.multiply_adds = plan.step_count * step_cost;
  plan.answer_bytes =
      StepAnswerBytes(*terms.model, terms.numerics, plan.options, plan.encoding, plan.step_count);
  CELLAR_RETURN_IF_ERROR(CheckAnswerSize(plan.answer_bytes, limits.max_message_bytes));
  plan.inputs = std::move(inputs);
  return plan;
}

absl::StatusOr<PreparedStep> PrepareSteps(Api& api, const Call& call, absl::string_view name,
                                          const StepWish& wish, FieldViolations violations) {
  FieldViolations all;  // in the order of the fields: the session's comes first
  absl::StatusOr<SessionHold> hold = HoldNamed(api, call, name, "session", all);
  if (IsSessionAsleep(hold.status())) return hold.status();  // begins anew when it is awake
  if (!all.empty()) {
    for (FieldViolation& violation : all) violation.field.insert(0, wish.place.Prefix());
    all.insert(all.end(), violations.begin(), violations.end());
    violations = std::move(all);
  }
  CheckStepIndex(wish, violations);
  if (!hold.ok()) {
    CheckInputsGiven(wish, violations);
    return FirstFailure(std::move(violations), hold.status());
  }
  CELLAR_ASSIGN_OR_RETURN(
      StepPlan plan, PlanSteps(api.limits, hold->session()->terms(), wish, std::move(violations)));
  if (plan.step_index.has_value()) {
    plan.multiply_adds += GoBackCost(*hold->session(), *plan.step_index);
  }
  return PreparedStep{*std::move(hold), std::move(plan)};
}

void WriteAnswer(Api& api, const SessionLease& lease, const StepPlan& plan,
                 const StepOutcome& outcome, v1::StepResponse* response) {
  (outcome.repeated ? api.counts.repeated_steps : api.counts.steps).Add(outcome.step_count);
  api.counts.messages.Add();
  response->set_first_step(outcome.first_step);
  response->set_step_count(outcome.step_count);
  WriteTrace(outcome.trace, {0, RowCount(outcome.trace)}, plan.encoding, response->mutable_trace());
  response->set_next_step(outcome.next_step);
  response->set_durable_step(lease.durable_step());
  if (plan.with_digest) {
    WriteStackStateDigest(outcome.state_after, response->mutable_state_digest());
  } else {
    response->clear_state_digest();
  }
}

absl::Status RunPlan(Api& api, const Call& call, SessionLease& lease, const StepPlan& plan,
                     v1::StepResponse* response) {
  CELLAR_ASSIGN_OR_RETURN(const StepOutcome outcome,
                          MakeSteps(lease, plan.step_index, plan.inputs, plan.options,
                                    [&] { return CheckWanted(api, call); }));
  WriteAnswer(api, lease, plan, outcome, response);
  return absl::OkStatus();
}

}  // namespace cellar
