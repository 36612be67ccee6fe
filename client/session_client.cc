#include "client/session_client.h"

#include <algorithm>
#include <utility>

#include "client/resource_name.h"

namespace cellar {
namespace {

using Stub = v1::SessionService::Stub;

// Creating under a chosen id twice answers ALREADY_EXISTS; under a made one it makes a second
// session. Neither may be repeated blindly.
constexpr Repeat kCreation = Repeat::kUnsafe;

}  // namespace

absl::StatusOr<std::unique_ptr<SessionClient>> SessionClient::Create(
    std::shared_ptr<Connection> connection, const v1::CreateSessionRequest& request, AtEnd at_end) {
  auto answer = connection->Call(connection->sessions(), &Stub::CreateSession, request, kCreation);
  if (!answer.ok()) return answer.status();
  return std::unique_ptr<SessionClient>(
      new SessionClient(std::move(connection), answer->session(), at_end));
}

absl::StatusOr<std::unique_ptr<SessionClient>> SessionClient::Attach(
    std::shared_ptr<Connection> connection, const std::string& name) {
  v1::Session session;
  session.set_name(name);
  std::unique_ptr<SessionClient> client(
      new SessionClient(std::move(connection), std::move(session), AtEnd::kKeep));
  const absl::Status status = client->Refresh();
  if (!status.ok()) return status;
  return client;
}

SessionClient::~SessionClient() {
  if (at_end_ == AtEnd::kDelete) Delete().IgnoreError();
}

absl::StatusOr<v1::StepResponse> SessionClient::Step(v1::Tensor inputs, v1::View view) {
  v1::StepRequest request;
  request.set_session(name());
  *request.mutable_inputs() = std::move(inputs);
  request.set_step_index(next_step());
  request.set_view(view);
  request.set_encoding(v1::ENCODING_VALUES);
  auto answer = connection_->Call(connection_->sessions(), &Stub::Step, request, Repeat::kSafe);
  if (answer.ok()) {
    session_.set_next_step(answer->next_step());
    session_.set_durable_step(answer->durable_step());
    session_.set_state_digest(answer->state_digest());
  }
  return answer;
}

absl::StatusOr<std::unique_ptr<SteadyStream>> SessionClient::Stream(v1::View view,
                                                                    Waiting waiting) {
  SteadyStreamOptions options;
  options.session = name();
  options.resume_from = next_step();
  options.view = view;
  options.max_unanswered = static_cast<size_t>(std::max(1, session_.replay_window()));
  options.answer_timeout = connection_->options().call_timeout;
  options.server_was_there = true;
  options.waiting = std::move(waiting);
  return SteadyStream::Open(connection_->sessions(), std::move(options));
}

absl::Status SessionClient::Refresh() {
  v1::GetSessionRequest request;
  request.set_name(name());
  return Note(
      connection_->Call(connection_->sessions(), &Stub::GetSession, request, Repeat::kSafe));
}

absl::Status SessionClient::Reset() {
  v1::ResetSessionRequest request;
  request.set_name(name());
  return Note(
      connection_->Call(connection_->sessions(), &Stub::ResetSession, request, Repeat::kSafe));
}

absl::Status SessionClient::Rewind(int64_t step_index) {
  v1::RewindSessionRequest request;
  request.set_name(name());
  request.set_step_index(step_index);
  return Note(
      connection_->Call(connection_->sessions(), &Stub::RewindSession, request, Repeat::kSafe));
}

absl::StatusOr<std::unique_ptr<SessionClient>> SessionClient::Fork(const std::string& id,
                                                                   AtEnd at_end) {
  v1::ForkSessionRequest request;
  request.set_name(name());
  request.set_session_id(BareId("sessions", id));
  request.set_step_index(next_step());
  auto answer = connection_->Call(connection_->sessions(), &Stub::ForkSession, request, kCreation);
  if (!answer.ok()) return answer.status();
  return std::unique_ptr<SessionClient>(new SessionClient(connection_, answer->session(), at_end));
}

absl::StatusOr<v1::State> SessionClient::GetState() {
  v1::GetSessionRequest request;
  request.set_name(name());
  request.set_view(v1::SESSION_VIEW_FULL);
  request.set_encoding(v1::ENCODING_VALUES);
  auto answer =
      connection_->Call(connection_->sessions(), &Stub::GetSession, request, Repeat::kSafe);
  if (!answer.ok()) return answer.status();
  return answer->session().state();
}

absl::StatusOr<v1::Model> SessionClient::GetModel() {
  v1::GetModelRequest request;
  request.set_name(session_.model());
  auto answer = connection_->Call(connection_->models(), &v1::ModelService::Stub::GetModel, request,
                                  Repeat::kSafe);
  if (!answer.ok()) return answer.status();
  return std::move(*answer->mutable_model());
}

absl::Status SessionClient::SetState(const v1::State& state, std::optional<int64_t> next_step) {
  v1::SetSessionStateRequest request;
  request.set_name(name());
  *request.mutable_state() = state;
  if (next_step.has_value()) request.set_next_step(*next_step);
  return Note(
      connection_->Call(connection_->sessions(), &Stub::SetSessionState, request, Repeat::kSafe));
}

absl::StatusOr<std::string> SessionClient::Export() {
  v1::ExportSessionRequest request;
  request.set_name(name());
  auto answer =
      connection_->Call(connection_->sessions(), &Stub::ExportSession, request, Repeat::kSafe);
  if (!answer.ok()) return answer.status();
  return std::move(*answer->mutable_snapshot());
}

absl::Status SessionClient::Delete() {
  v1::DeleteSessionRequest request;
  request.set_name(name());
  absl::Status status =
      connection_->Call(connection_->sessions(), &Stub::DeleteSession, request, Repeat::kUnsafe)
          .status();
  if (status.ok()) at_end_ = AtEnd::kKeep;
  return status;
}

}  // namespace cellar
