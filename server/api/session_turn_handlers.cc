// Those of session_handlers.h that wait for the session's turn.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api/answer_room.h"
#include "server/api/answer_size.h"
#include "server/api/convert_session.h"
#include "server/api/convert_state.h"
#include "server/api/go_on_elsewhere.h"
#include "server/api/resource_names.h"
#include "server/api/session_handlers.h"
#include "server/api/session_turn.h"
#include "server/api/step_plan.h"
#include "server/base/status_macros.h"
#include "server/engine/session_steps.h"
#include "server/session/session_errors.h"
#include "server/session/session_snapshot.h"
#include "server/store/snapshot_format.h"

namespace cellar {
namespace {

// Puts `progress` in place and shows the session as it is then.
absl::Status CommitAndShow(SessionLease& lease, const Session& session, SessionProgress progress,
                           v1::Session* message) {
  CELLAR_RETURN_IF_ERROR(lease.Commit(std::move(progress)));
  *message = WriteKeptSession(session.config(), session.Look());
  return absl::OkStatus();
}

// What hashing the state of this session takes, as if it were multiply-adds: a byte (0.5 ns, with
// SHA extensions) takes as long as four. So a state of 12 KB (6 us) is the longest that is hashed
// without a hand-over (some 10 us) by default.
int64_t HashCost(const Session& session) { return 4 * session.initial_state().size_bytes(); }

// Reading a state that takes more of its request costs more than handing over, too.
constexpr size_t kLongRequestBytes = size_t{16} << 10;

}  // namespace

void ResetSession(Api& api, const Call& call, const v1::ResetSessionRequest& request,
                  v1::ResetSessionResponse* response, Done done) {
  FieldViolations violations;
  absl::StatusOr<SessionHold> hold = HoldNamed(api, call, request.name(), "name", violations);
  if (IsSessionAsleep(hold.status())) {
    return BeginElsewhere(&ResetSession, api, call, request.name(), request, response,
                          std::move(done));
  }
  if (!hold.ok()) return done(FirstFailure(std::move(violations), hold.status()));
  SessionTurn turn{*std::move(hold)};
  turn.is_jump = true;
  turn.multiply_adds = HashCost(*turn.hold.session());
  turn.work = [session = turn.hold.session(), response](SessionLease& lease) {
    SessionProgress progress = lease.progress();
    progress.state = lease.session().initial_state();
    progress.next_step = 0;
    progress.window.Clear();
    return CommitAndShow(lease, *session, std::move(progress), response->mutable_session());
  };
  TakeTurn(api, call, std::move(turn), std::move(done));
}

void RewindSession(Api& api, const Call& call, const v1::RewindSessionRequest& request,
                   v1::RewindSessionResponse* response, Done done) {
  FieldViolations violations;
  CheckStepIndex(request.step_index(), "step_index", violations);
  absl::StatusOr<SessionHold> hold = HoldNamed(api, call, request.name(), "name", violations);
  if (IsSessionAsleep(hold.status())) {
    return BeginElsewhere(&RewindSession, api, call, request.name(), request, response,
                          std::move(done));
  }
  if (!hold.ok() || !violations.empty()) {
    return done(FirstFailure(std::move(violations), hold.status()));
  }
  SessionTurn turn{*std::move(hold)};
  turn.is_jump = true;
  const Session& held = *turn.hold.session();
  turn.multiply_adds = GoBackCost(held, request.step_index()) + HashCost(held);
  turn.work = [&api, call, session = turn.hold.session(), step_index = request.step_index(),
               response](SessionLease& lease) -> absl::Status {
    CELLAR_ASSIGN_OR_RETURN(SessionProgress progress,
                            ProgressAt(lease.session(), lease.progress(), step_index,
                                       [&] { return CheckWanted(api, call); }));
    return CommitAndShow(lease, *session, std::move(progress), response->mutable_session());
  };
  TakeTurn(api, call, std::move(turn), std::move(done));
}

void ForkSession(Api& api, const Call& call, const v1::ForkSessionRequest& request,
                 v1::ForkSessionResponse* response, Done done) {
  FieldViolations violations;
  if (request.has_step_index()) CheckStepIndex(request.step_index(), "step_index", violations);
  CheckChosenId(request.session_id(), "session_id", violations);
  std::optional<absl::Duration> ttl;
  if (request.has_ttl()) ttl = ReadTtl(request.ttl(), api.limits.max_ttl, "ttl", violations);
  auto labels = ReadLabels(request.labels(), "labels", violations);
  absl::StatusOr<SessionHold> hold = HoldNamed(api, call, request.name(), "name", violations);
  if (IsSessionAsleep(hold.status())) {
    return BeginElsewhere(&ForkSession, api, call, request.name(), request, response,
                          std::move(done));
  }
  if (!hold.ok() || !violations.empty()) {
    return done(FirstFailure(std::move(violations), hold.status()));
  }
  SessionConfig config = hold->session()->config();
  config.name = ChosenName(kSessionCollection, request.session_id());
  config.ttl = ttl.value_or(config.ttl);
  config.labels = std::move(labels);
  std::optional<int64_t> step_index;
  if (request.has_step_index()) step_index = request.step_index();
  SessionTurn turn{*std::move(hold)};
  turn.multiply_adds = HashCost(*turn.hold.session());
  if (step_index.has_value()) turn.multiply_adds += GoBackCost(*turn.hold.session(), *step_index);
  const auto fork = std::make_shared<std::shared_ptr<Session>>();
  turn.work = [&api, call, config = std::move(config), step_index, response,
               fork](SessionLease& lease) mutable -> absl::Status {
    CELLAR_ASSIGN_OR_RETURN(SessionProgress progress,
                            ProgressAt(lease.session(), lease.progress(),
                                       step_index.value_or(lease.progress().next_step),
                                       [&] { return CheckWanted(api, call); }));
    config.create_time = api.clock.Now();
    CELLAR_ASSIGN_OR_RETURN(*fork, api.sessions.Create(std::move(config), std::move(progress)));
    *response->mutable_session() = WriteKeptSession((*fork)->config(), (*fork)->Look());
    return absl::OkStatus();
  };
  TakeTurn(api, call, std::move(turn),
           [&api, fork, done = std::move(done)](absl::Status outcome) mutable {
             if (*fork == nullptr) return done(std::move(outcome));
             FinishCreation(api, *fork, std::move(done));
           });
}

void ExportSession(Api& api, const Call& call, const v1::ExportSessionRequest& request,
                   v1::ExportSessionResponse* response, Done done) {
  FieldViolations violations;
  absl::StatusOr<SessionHold> hold = HoldNamed(api, call, request.name(), "name", violations);
  if (IsSessionAsleep(hold.status())) {
    return BeginElsewhere(&ExportSession, api, call, request.name(), request, response,
                          std::move(done));
  }
  if (!hold.ok()) return done(FirstFailure(std::move(violations), hold.status()));
  const SessionTerms& terms = hold->session()->terms();
  absl::Status full =
      TakeRoom(api, call, ExportAnswerBytes(*terms.model, terms.numerics.precision), done);
  if (!full.ok()) return done(std::move(full));
  SessionTurn turn{*std::move(hold)};
  turn.multiply_adds = 2 * HashCost(*turn.hold.session());  // by itself, and in the snapshot
  turn.work = [session = turn.hold.session(), response,
               limit = api.limits.max_message_bytes](SessionLease& lease) {
    *response->mutable_session() = WriteSession(session->config(), session->Look());
    response->set_snapshot(EncodeSnapshot(TakeSnapshot(lease.terms(), lease.progress())));
    return CheckAnswerSize(static_cast<int64_t>(response->ByteSizeLong()), limit);
  };
  TakeTurn(api, call, std::move(turn), std::move(done));
}

void SetSessionState(Api& api, const Call& call, const v1::SetSessionStateRequest& request,
                     v1::SetSessionStateResponse* response, Done done) {
  FieldViolations violations;
  if (request.has_next_step()) CheckStepIndex(request.next_step(), "next_step", violations);
  if (!request.has_state()) {
    violations.push_back({"state", "is required; give an entry for every layer"});
  }
  absl::StatusOr<SessionHold> hold = HoldNamed(api, call, request.name(), "name", violations);
  const bool too_long = !call.may_take_long && request.ByteSizeLong() > kLongRequestBytes;
  if (IsSessionAsleep(hold.status()) || (hold.ok() && too_long)) {
    return BeginElsewhere(&SetSessionState, api, call, request.name(), request, response,
                          std::move(done));
  }
  SharedNumbers state;
  if (hold.ok() && request.has_state()) {
    const SessionTerms& terms = hold->session()->terms();
    state = FreezeState(*ReadState(&request.state(), {*terms.model, terms.numerics.precision},
                                   "state", violations));
  }
  if (!hold.ok() || !violations.empty()) {
    return done(FirstFailure(std::move(violations), hold.status()));
  }
  std::optional<int64_t> next_step;
  if (request.has_next_step()) next_step = request.next_step();
  SessionTurn turn{*std::move(hold)};
  turn.is_jump = true;
  turn.multiply_adds = HashCost(*turn.hold.session());
  turn.work = [session = turn.hold.session(), state = std::move(state), next_step,
               response](SessionLease& lease) {
    SessionProgress progress = lease.progress();
    progress.state = state;
    progress.next_step = next_step.value_or(progress.next_step);
    progress.window.Clear();
    return CommitAndShow(lease, *session, std::move(progress), response->mutable_session());
  };
  TakeTurn(api, call, std::move(turn), std::move(done));
}

}  // namespace cellar
