// Steps of several sessions that come in one message, made together as far as their turns can begin
// at once.
//
// Thread safety: belongs to one thread.
#ifndef CELLAR_SERVER_API_STEP_GROUP_H_
#define CELLAR_SERVER_API_STEP_GROUP_H_

#include <array>
#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "cellar/v1/session_service.pb.h"
#include "server/api/api.h"
#include "server/api/step_plan.h"
#include "server/engine/batch_policy.h"
#include "server/engine/joint_steps.h"

namespace cellar {

class StepGroup {
 public:
  // Of sessions of this kind; `api` and `call` outlive the group.
  StepGroup(Api& api, const Call& call, const BatchKind& kind);
  ~StepGroup();
  StepGroup(const StepGroup&) = delete;
  StepGroup& operator=(const StepGroup&) = delete;

  const BatchKind& kind() const { return kind_; }

  // Whether there is room for steps of this session: it may have none in the group yet.
  bool HasRoomFor(const Session& session) const;

  // `item`: what the steps are known by. *response lives until they are over. REQUIRES: HasRoomFor.
  void Add(int item, PreparedStep step, v1::StepResponse* response);

  // Makes all steps whose turns would run inline now (Scheduler::TryMake) and whose outcome has not
  // to wait for the store, and hands back the others, in the order in which they were added. The
  // group is empty then. `finish` is told the outcome of the first kind, as Step would have it.
  void Make(absl::FunctionRef<void(int item, const absl::Status& outcome)> finish,
            absl::FunctionRef<void(int item, PreparedStep step, v1::StepResponse* response)> wait);

 private:
  class Member;

  Api& api_;
  const Call& call_;
  const BatchKind kind_;
  const std::unique_ptr<Member[]> members_;
  std::array<const Session*, kMostBatchRows> sessions_;  // of the members
  int member_count_ = 0;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_API_STEP_GROUP_H_
