// An evaluation that was asked for, checked and ready to be run.
//
// Thread safety: a value.
#ifndef CELLAR_SERVER_API_EVALUATION_PLAN_H_
#define CELLAR_SERVER_API_EVALUATION_PLAN_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "cellar/v1/evaluation_service.pb.h"
#include "cellar/v1/state.pb.h"
#include "cellar/v1/tensor.pb.h"
#include "server/api/api.h"
#include "server/cell/numerics.h"
#include "server/engine/step_runner.h"
#include "server/model/model.h"

namespace cellar {

// x of one sequence, [T, I], row-major, in the precision of the evaluation.
using AnyInputs = std::variant<std::vector<float>, std::vector<double>>;

struct PlannedSequence {
  AnyInputs inputs;  // [step_count, I]
  int64_t step_count = 0;
  // Checked; read when its turn comes, because a few bytes here may mean a large state. Nothing:
  // all zero.
  std::optional<v1::State> initial_state;
};

struct EvaluationPlan {
  std::shared_ptr<const Model> model;
  Numerics numerics;
  TraceOptions options;
  v1::Encoding encoding = v1::ENCODING_VALUES;
  std::vector<PlannedSequence> sequences;

  // Each sequence is run as a whole, because its model is bidirectional, and answered piece by
  // piece; otherwise it is run piece by piece.
  bool whole = false;

  // What is held while the sequences are run, beside the inputs: a state, and of a sequence that is
  // run as a whole what is shown of it.
  int64_t taken_bytes = 0;

  // So many steps fit well into an answer and, if not `whole`, do not take long. At least 1.
  int64_t steps_per_piece = 1;
};

// Validates the whole request and fetches or builds its model; nothing of `request` is kept by
// reference. Errors: as documented for Evaluate.
absl::StatusOr<EvaluationPlan> PlanEvaluation(Api& api, const Call& call,
                                              const v1::EvaluateRequest& request);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_EVALUATION_PLAN_H_
