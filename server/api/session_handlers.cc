#include "server/api/session_handlers.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api/answer_size.h"
#include "server/api/api_errors.h"
#include "server/api/convert_enums.h"
#include "server/api/convert_model.h"
#include "server/api/convert_session.h"
#include "server/api/convert_state.h"
#include "server/api/pages.h"
#include "server/api/resource_names.h"
#include "server/api/session_turn.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/session/session_snapshot.h"
#include "server/store/snapshot_format.h"

namespace cellar {
namespace {

// Pins the model of a session to be. Errors: MODEL_NOT_FOUND, or anything but OK after a violation.
absl::StatusOr<ModelPin> PinNamed(Api& api, const Call& call, const std::string& name,
                                  FieldViolations& violations) {
  if (!CheckName(name, kModelCollection, "session.model", violations)) {
    return absl::InvalidArgumentError("malformed name");
  }
  absl::StatusOr<ModelPin> pin = api.models.Pin(call.Own(name));
  if (!pin.ok()) return WithServerFacts(pin.status(), api.sessions.epoch());
  return pin;
}

v1::Session Show(const Session& session) { return WriteSession(session.config(), session.Look()); }

// A session that starts at the beginning of its window, with an empty one.
absl::StatusOr<std::shared_ptr<Session>> CreateAt(Api& api, SessionConfig config, int64_t next_step,
                                                  v1::Session* message) {
  CELLAR_RETURN_IF_ERROR(CheckDurability(api, config.durability));
  SessionProgress progress;
  progress.state = config.initial_state;
  progress.next_step = next_step;
  progress.window = ReplayWindow(config.replay_window_requests);
  CELLAR_ASSIGN_OR_RETURN(std::shared_ptr<Session> session,
                          api.sessions.Create(std::move(config), std::move(progress)));
  *message = WriteKeptSession(session->config(), session->Look());
  return session;
}

absl::StatusOr<std::shared_ptr<Session>> CreateInMemory(Api& api, const Call& call,
                                                        const v1::CreateSessionRequest& request,
                                                        v1::CreateSessionResponse* response) {
  const v1::Session& message = request.session();
  FieldViolations violations;
  CheckChosenId(request.session_id(), "session_id", violations);
  SessionSettings settings = ReadSettings(message, api.limits, violations);
  absl::StatusOr<ModelPin> pin = PinNamed(api, call, message.model(), violations);
  const Precision default_precision = pin.ok() ? (*pin)->precision() : Precision::kFloat32;
  const Numerics numerics =
      ReadNumerics(message.numerics(), default_precision, "session.numerics", violations);
  if (!pin.ok()) return FirstFailure(std::move(violations), pin.status());
  const Model& model = **pin;
  CheckPrecision(model, numerics.precision, "session.numerics.precision", violations);
  SharedNumbers state;
  if (!model.bidirectional()) {
    state = FreezeState(*ReadState(request.has_initial_state() ? &request.initial_state() : nullptr,
                                   {model, numerics.precision}, "initial_state", violations));
  }
  CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));
  if (model.bidirectional()) return ModelBidirectional(model.name());
  CELLAR_RETURN_IF_ERROR(api.models.Reserve(call.Own(model.name()), numerics.precision));
  return CreateAt(api,
                  {{call.tenant(), pin->model(), numerics, settings.durability, settings.ttl,
                    settings.replay_window_requests, std::move(settings.labels)},
                   ChosenName(kSessionCollection, request.session_id()),
                   std::move(state),
                   api.clock.Now(),
                   *std::move(pin)},
                  0, response->mutable_session());
}

absl::StatusOr<std::shared_ptr<Session>> ImportInMemory(Api& api, const Call& call,
                                                        const v1::ImportSessionRequest& request,
                                                        v1::ImportSessionResponse* response) {
  const v1::Session& message = request.session();
  FieldViolations violations;
  if (request.snapshot().empty()) {
    violations.push_back({"snapshot", "is required; give what ExportSession answered"});
  }
  CheckChosenId(request.session_id(), "session_id", violations);
  SessionSettings settings = ReadSettings(message, api.limits, violations);
  if (message.has_numerics()) {
    violations.push_back({"session.numerics", "come from the snapshot; leave them out"});
  }
  absl::StatusOr<ModelPin> pin = PinNamed(api, call, message.model(), violations);
  if (!violations.empty() || !pin.ok()) return FirstFailure(std::move(violations), pin.status());
  const Model& model = **pin;
  CELLAR_ASSIGN_OR_RETURN(const Snapshot snapshot, DecodeSnapshot(request.snapshot()));
  if (model.bidirectional()) return ModelBidirectional(model.name());
  CELLAR_ASSIGN_OR_RETURN(RestoredState restored, RestoreSnapshot(snapshot, model));
  CELLAR_RETURN_IF_ERROR(api.models.Reserve(call.Own(model.name()), restored.numerics.precision));
  return CreateAt(api,
                  {{call.tenant(), pin->model(), restored.numerics, settings.durability,
                    settings.ttl, settings.replay_window_requests, std::move(settings.labels)},
                   ChosenName(kSessionCollection, request.session_id()),
                   std::move(restored.state),
                   api.clock.Now(),
                   *std::move(pin)},
                  restored.next_step, response->mutable_session());
}

}  // namespace

void FinishCreation(Api& api, const absl::StatusOr<std::shared_ptr<Session>>& created, Done done) {
  if (!created.ok()) return done(created.status());
  Settle(api, *created, absl::OkStatus(),
         [&api, session = *created, done = std::move(done)](absl::Status kept) mutable {
           if (!kept.ok()) api.sessions.Discard(session);
           done(std::move(kept));
         });
}

void CreateSession(Api& api, const Call& call, const v1::CreateSessionRequest& request,
                   v1::CreateSessionResponse* response, Done done) {
  FinishCreation(api, CreateInMemory(api, call, request, response), std::move(done));
}

void ImportSession(Api& api, const Call& call, const v1::ImportSessionRequest& request,
                   v1::ImportSessionResponse* response, Done done) {
  FinishCreation(api, ImportInMemory(api, call, request, response), std::move(done));
}

absl::Status GetSession(Api& api, const Call& call, const v1::GetSessionRequest& request,
                        v1::GetSessionResponse* response) {
  FieldViolations violations;
  CheckName(request.name(), kSessionCollection, "name", violations);
  CheckEnum(request.view(), "view", violations);
  CheckEnum(request.encoding(), "encoding", violations);
  CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));
  CELLAR_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session,
                          api.sessions.Find(call.Own(request.name())));
  const Session::View view = session->Look();
  const SessionConfig config = session->config();
  *response->mutable_session() = WriteSession(config, view);
  if (request.view() != v1::SESSION_VIEW_FULL) return absl::OkStatus();
  const v1::Encoding encoding = ChooseEncoding(request.encoding(), v1::ENCODING_VALUES);
  const auto basic_bytes = static_cast<int64_t>(response->ByteSizeLong());
  CELLAR_RETURN_IF_ERROR(
      CheckAnswerSize(basic_bytes + StateBytes(*config.model, config.numerics.precision, encoding),
                      api.limits.max_message_bytes));
  WriteState(ThawState(view.state, *config.model), encoding,
             response->mutable_session()->mutable_state());
  return absl::OkStatus();
}

absl::Status ListSessions(Api& api, const Call& call, const v1::ListSessionsRequest& request,
                          v1::ListSessionsResponse* response) {
  FieldViolations violations;
  const Page page =
      ReadPage(request.page_size(), request.page_token(), kSessionCollection, violations);
  CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));
  PageFiller<v1::Session> filler(page, api.limits.max_message_bytes, *response->mutable_sessions());
  absl::Status wanted;
  api.sessions.List(call.Own(page.after), page.list_count(), [&](const auto& session) {
    wanted = CheckWanted(api, call);
    return wanted.ok() && filler.Add([&] { return Show(*session); });
  });
  response->set_next_page_token(filler.next_page_token());
  return wanted;
}

void DeleteSession(Api& api, const Call& call, const v1::DeleteSessionRequest& request,
                   v1::DeleteSessionResponse* /*response*/, Done done) {
  FieldViolations violations;
  CheckName(request.name(), kSessionCollection, "name", violations);
  absl::Status outcome = BadRequest(std::move(violations));
  if (outcome.ok()) outcome = api.sessions.Delete(call.Own(request.name()));
  // Who asks again may be ahead of the deletion that did it, or that one could not be kept yet.
  const bool is_gone = outcome.ok() || GetErrorReason(outcome) == "SESSION_DELETED";
  if (!is_gone || api.writer == nullptr) return done(std::move(outcome));
  api.writer->Submit(
      {.fill = nullptr,  // behind what the table wrote
       .done = [outcome = std::move(outcome), done = std::move(done)](
                   const absl::Status& kept) mutable { done(kept.ok() ? outcome : kept); }});
}

}  // namespace cellar
