#include "server/engine/step_batch.h"

#include <algorithm>
#include <utility>

#include "server/engine/batch_policy.h"
#include "server/engine/companion.h"
#include "server/engine/crew_policy.h"

namespace cellar {
namespace {

template <class Real>
class Batch {
 public:
  Batch(const BatchKind& kind, BatchSource& source, Histogram& rows)
      : kind_(kind), source_(source), rows_(rows) {}

  void Run(std::vector<BatchTurn> founders) {
    Admit(std::move(founders), /*founder=*/true);
    while (true) {
      // Those whose turn is over already, before a step, do not wait for one.
      const bool advances = over_.empty() && !members_.empty();
      const bool cut = advances && !AdvanceAll();
      std::vector<BatchTurn> joined = source_.Exchange(
          std::exchange(over_, {}), static_cast<int64_t>(members_.size()), FoundersPresent());
      if (advances || !joined.empty()) length_.Note(cut || !joined.empty());
      if (members_.empty()) Dismiss();
      if (members_.empty() && joined.empty()) return;
      Admit(std::move(joined), /*founder=*/false);
    }
  }

 private:
  struct Member : Companion<Real> {
    BatchTurn turn;
    bool founder = false;
  };

  bool FoundersPresent() const {
    return std::any_of(members_.begin(), members_.end(),
                       [](const Member& member) { return member.founder; });
  }

  void Admit(std::vector<BatchTurn> turns, bool founder) {
    for (BatchTurn& turn : turns) {
      JointSteps* const steps = turn.steps.get();
      Member member{{steps}, std::move(turn), founder};
      if (member.Begins()) {
        members_.push_back(std::move(member));
      } else {
        Leave(member);
      }
    }
  }

  void Leave(Member& member) {
    member.turn.steps = nullptr;  // what it holds goes before the turn ends
    over_.push_back(std::move(member.turn));
  }

  // One advance of all members; those that are done, or not wanted any more, leave. Returns whether
  // it went as far as it meant to.
  bool AdvanceAll() {
    const int64_t fewest_left = CollectRuns(members_, runs_);
    const auto row_count = static_cast<int64_t>(runs_.size());
    const int64_t step_cost =
        std::max<int64_t>(1, kind_.model->multiply_adds_per_step()) * row_count;
    const int64_t length =
        length_.Next(fewest_left, runs_[0]->LongestAdvance(row_count), step_cost);
    const bool open = length > 1 && source_.IsOpen(row_count, FoundersPresent());
    const bool alone = crew_ == nullptr || crew_->helper_count() == 0;
    if (alone && PaysToInvite(step_cost * length)) source_.Invite(crew_);
    const int64_t made =
        Advance<Real>(runs_, length, open ? &source_.newcomers() : nullptr, crew_.get());
    rows_.Observe(static_cast<double>(row_count), made);
    // Answers are nobody's to help with.
    const bool more = std::any_of(runs_.begin(), runs_.end(),
                                  [](const StepRun<Real>* run) { return run->left() > 0; });
    if (!more || (crew_ != nullptr && crew_->stall_count() > 0)) Dismiss();
    CloseUp(members_, [this](Member& member) { Leave(member); });
    return made == length;
  }

  void Dismiss() {
    if (crew_ != nullptr) source_.Dismiss(crew_);
    crew_ = nullptr;
  }

  const BatchKind kind_;
  BatchSource& source_;
  Histogram& rows_;
  std::vector<Member> members_;
  std::vector<BatchTurn> over_;
  std::vector<StepRun<Real>*> runs_;
  AdvanceLength length_;
  std::shared_ptr<StepCrew> crew_;  // null: nobody was asked
};

}  // namespace

void RunBatch(std::vector<BatchTurn> founders, BatchSource& source, Histogram& rows) {
  const BatchKind kind = founders[0].steps->kind();
  if (kind.numerics.precision == Precision::kFloat32) {
    Batch<float>(kind, source, rows).Run(std::move(founders));
  } else {
    Batch<double>(kind, source, rows).Run(std::move(founders));
  }
}

}  // namespace cellar
