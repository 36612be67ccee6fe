// A session for tests that step: with its own table, clock and registry, a lease for every call.
//
// Thread safety: belongs to one thread.
#ifndef CELLAR_TESTS_TESTING_STEP_SESSION_H_
#define CELLAR_TESTS_TESTING_STEP_SESSION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/status_macros.h"
#include "server/engine/session_steps.h"
#include "server/model/model_registry.h"
#include "server/session/session_table.h"
#include "tests/testing/fake_clock.h"

namespace cellar {

constexpr TraceOptions kWholeTrace = {TraceView::kTrace, TraceDensity::kEveryStep};

class StepSession {
 public:
  // Begins in the zero state at step 0, or with `progress`.
  StepSession(std::shared_ptr<const Model> model, const Numerics& numerics, int64_t replay_window,
              std::optional<SessionProgress> progress = std::nullopt)
      : model_(std::move(model)), numerics_(numerics), replay_window_(replay_window) {
    registry_.Add(kDefaultTenant, model_).status().IgnoreError();
    const SharedNumbers zero = FreezeState(ZeroStackState(*model_, numerics.precision));
    if (!progress.has_value()) progress = SessionProgress{zero, 0, ReplayWindow(replay_window)};
    const ModelPin pin = *registry_.Pin({kDefaultTenant, model_->name()});
    SessionConfig config{{.tenant = std::string(kDefaultTenant),
                          .model = pin.model(),
                          .numerics = numerics,
                          .ttl = absl::Hours(1),
                          .replay_window_requests = replay_window,
                          .labels = {}},
                         "sessions/a",
                         zero,
                         clock_.Now(),
                         pin};
    session_ = *table_.Create(std::move(config), *std::move(progress));
  }

  template <class Real>
  absl::StatusOr<StepOutcome> Step(std::optional<int64_t> step_index,
                                   const std::vector<Real>& inputs,
                                   TraceOptions options = kWholeTrace) {
    CELLAR_ASSIGN_OR_RETURN(SessionHold hold, table_.Hold({kDefaultTenant, "sessions/a"}));
    CELLAR_ASSIGN_OR_RETURN(SessionLease lease, hold.Lease());
    return MakeSteps(lease, step_index, SharedNumbers::Of<Real>(inputs), options);
  }

  absl::Status Rewind(int64_t step_index) {
    CELLAR_ASSIGN_OR_RETURN(SessionHold hold, table_.Hold({kDefaultTenant, "sessions/a"}));
    CELLAR_ASSIGN_OR_RETURN(SessionLease lease, hold.Lease());
    CELLAR_ASSIGN_OR_RETURN(SessionProgress earlier,
                            ProgressAt(lease.session(), lease.progress(), step_index));
    return lease.Commit(std::move(earlier));
  }

  absl::StatusOr<std::unique_ptr<StepSession>> Fork(int64_t step_index) {
    CELLAR_ASSIGN_OR_RETURN(SessionHold hold, table_.Hold({kDefaultTenant, "sessions/a"}));
    CELLAR_ASSIGN_OR_RETURN(SessionLease lease, hold.Lease());
    CELLAR_ASSIGN_OR_RETURN(SessionProgress earlier,
                            ProgressAt(lease.session(), lease.progress(), step_index));
    return std::make_unique<StepSession>(model_, numerics_, replay_window_, std::move(earlier));
  }

  // Puts any progress in place of the present.
  absl::Status Commit(SessionProgress progress) {
    CELLAR_ASSIGN_OR_RETURN(SessionHold hold, table_.Hold({kDefaultTenant, "sessions/a"}));
    CELLAR_ASSIGN_OR_RETURN(SessionLease lease, hold.Lease());
    return lease.Commit(std::move(progress));
  }

  Session::View Look() const { return session_->Look(); }
  int64_t next_step() const { return Look().next_step; }
  std::string digest() const { return StackStateDigest(Look().state); }
  SessionTable& table() { return table_; }

 private:
  const std::shared_ptr<const Model> model_;
  const Numerics numerics_;
  const int64_t replay_window_;
  FakeClock clock_;
  ModelRegistry registry_{ModelRegistry::Limits{}};
  SessionTable table_{SessionTable::Limits{}, clock_};
  std::shared_ptr<Session> session_;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_STEP_SESSION_H_
