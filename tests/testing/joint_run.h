// Steps of a state that no session has, to be made in batches.
//
// Thread safety: as JointSteps.
#ifndef CELLAR_TESTS_TESTING_JOINT_RUN_H_
#define CELLAR_TESTS_TESTING_JOINT_RUN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/engine/joint_steps.h"
#include "server/engine/step_run.h"
#include "server/model/stack_state.h"

namespace cellar {

// What became of them.
template <class Real>
struct JointOutcome {
  absl::Status status;
  StackTrace<Real> trace;  // if OK
  StackState<Real> state;
};

template <class Real>
class JointRun final : public JointSteps {
 public:
  using Tell = std::function<void(JointOutcome<Real>)>;

  // From the zero state through `inputs`; then calls `tell` once.
  JointRun(std::shared_ptr<const Model> model, const Numerics& numerics, std::vector<Real> inputs,
           TraceOptions options, Tell tell)
      : model_(std::move(model)),
        numerics_(numerics),
        inputs_(std::move(inputs)),
        options_(options),
        tell_(std::move(tell)) {
    numerics_.precision = PrecisionOf<Real>();
    outcome_.state = std::get<StackState<Real>>(ZeroStackState(*model_, numerics_.precision));
  }

  // Asked each time whether they are still wanted.
  void WantedIf(std::function<absl::Status()> wanted) { wanted_ = std::move(wanted); }

  BatchKind kind() const override { return {model_.get(), numerics_}; }
  absl::Status Wanted() override { return wanted_ ? wanted_() : absl::OkStatus(); }

  AnyStepRun* Next(const absl::Status& so_far) override {
    if (so_far.ok() && !run_.has_value()) {
      run_.emplace(std::in_place_type<StepRun<Real>>, *model_, numerics_,
                   absl::MakeConstSpan(inputs_), options_, outcome_.state);
      return &*run_;
    }
    outcome_.status = so_far;
    if (so_far.ok()) outcome_.trace = std::get<StepRun<Real>>(*run_).TakeTrace();
    tell_(std::move(outcome_));
    return nullptr;
  }

 private:
  const std::shared_ptr<const Model> model_;
  Numerics numerics_;
  const std::vector<Real> inputs_;
  const TraceOptions options_;
  const Tell tell_;
  std::function<absl::Status()> wanted_;
  JointOutcome<Real> outcome_;
  std::optional<AnyStepRun> run_;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_JOINT_RUN_H_
