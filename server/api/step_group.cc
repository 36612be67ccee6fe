#include "server/api/step_group.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "server/api/api_errors.h"
#include "server/api/planned_steps.h"
#include "server/api/session_turn.h"

namespace cellar {

// One session's steps; used again for another's when they are over.
class StepGroup::Member final : public JointSteps {
 public:
  void Take(Api& api, const Call& call, int item, PreparedStep step, v1::StepResponse* response) {
    api_ = &api;
    call_ = &call;
    item_ = item;
    response_ = response;
    session_ = step.hold.session().get();
    put_off_ = false;
    steps_.emplace(api, std::move(step), response);
  }

  int item() const { return item_; }
  bool put_off() const { return put_off_; }  // in its turn, by Next
  v1::StepResponse* response() const { return response_; }
  const absl::Status& outcome() const { return outcome_; }

  JointTurn turn() {
    const bool at_once = !WaitsForStore(*api_, *session_);
    return {session_->turn_key(), at_once ? steps_->plan().multiply_adds : Task::kDear, this};
  }

  PreparedStep TakeBack() {
    PreparedStep step = steps_->TakeBack();
    steps_.reset();
    return step;
  }

  // JointSteps.
  BatchKind kind() const override { return steps_->kind(); }

  absl::Status Wanted() override { return CheckWanted(*api_, *call_); }

  AnyStepRun* Next(const absl::Status& so_far) override {
    if (!begun_ && WaitsInTurn(*api_, *session_)) {
      put_off_ = true;
      return nullptr;
    }
    absl::StatusOr<AnyStepRun*> run = so_far.ok() ? GoOn() : absl::StatusOr<AnyStepRun*>(so_far);
    if (run.ok() && *run != nullptr) return *run;
    outcome_ = WithServerFacts(run.status(), api_->sessions.epoch());
    steps_->LetGo();
    steps_.reset();
    begun_ = false;
    return nullptr;
  }

 private:
  absl::StatusOr<AnyStepRun*> GoOn() {
    if (!begun_) {
      begun_ = true;
      absl::Status leased = steps_->Begin();
      if (!leased.ok()) return leased;
    }
    return steps_->Next();
  }

  Api* api_ = nullptr;
  const Call* call_ = nullptr;
  int item_ = 0;
  v1::StepResponse* response_ = nullptr;
  const Session* session_ = nullptr;  // lives while steps_ hold it
  std::optional<PlannedSteps> steps_;
  bool begun_ = false;
  bool put_off_ = false;
  absl::Status outcome_;  // once they are over
};

StepGroup::StepGroup(Api& api, const Call& call, const BatchKind& kind)
    : api_(api), call_(call), kind_(kind), members_(new Member[kMostBatchRows]) {}

StepGroup::~StepGroup() = default;

bool StepGroup::HasRoomFor(const Session& session) const {
  const auto end = sessions_.begin() + member_count_;
  return member_count_ < kMostBatchRows && std::find(sessions_.begin(), end, &session) == end;
}

void StepGroup::Add(int item, PreparedStep step, v1::StepResponse* response) {
  sessions_[member_count_] = step.hold.session().get();
  members_[member_count_++].Take(api_, call_, item, std::move(step), response);
}

void StepGroup::Make(
    absl::FunctionRef<void(int item, const absl::Status& outcome)> finish,
    absl::FunctionRef<void(int item, PreparedStep step, v1::StepResponse* response)> wait) {
  std::array<JointTurn, kMostBatchRows> turns;
  for (int k = 0; k < member_count_; ++k) turns[k] = members_[k].turn();
  api_.scheduler.TryMake(absl::MakeSpan(turns.data(), member_count_));
  const int count = std::exchange(member_count_, 0);
  for (int k = 0; k < count; ++k) {
    Member& member = members_[k];
    if (turns[k].made && !member.put_off()) {
      finish(member.item(), member.outcome());
    } else {
      wait(member.item(), member.TakeBack(), member.response());
    }
  }
}

}  // namespace cellar
