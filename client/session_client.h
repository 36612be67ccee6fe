// One session on a server, as an object: knows where the session is, sends every step with its
// index (so that retries are safe), and deletes the session at its end if it made it.
//
//   auto session = SessionClient::Create(connection, request, SessionClient::AtEnd::kDelete);
//   if (!session.ok()) return session.status();
//   absl::StatusOr<StepResponse> answer = (*session)->Step(MakeTensor({0, 0, 1}), VIEW_TRACE);
//
// All members return the server's errors as FromCall makes them; a failed call leaves the session
// and this object as they were.
//
// Thread safety: externally synchronised.
#ifndef CELLAR_CLIENT_SESSION_CLIENT_H_
#define CELLAR_CLIENT_SESSION_CLIENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "cellar/v1/model.pb.h"
#include "cellar/v1/session_service.pb.h"
#include "client/connection.h"
#include "client/steady_stream.h"

namespace cellar {

class SessionClient {
 public:
  // What becomes of the session when the object ends.
  enum class AtEnd { kDelete, kKeep };

  // Creates a session on the server.
  static absl::StatusOr<std::unique_ptr<SessionClient>> Create(
      std::shared_ptr<Connection> connection, const v1::CreateSessionRequest& request,
      AtEnd at_end);

  // Finds a session that exists. It is kept at the end.
  static absl::StatusOr<std::unique_ptr<SessionClient>> Attach(
      std::shared_ptr<Connection> connection, const std::string& name);

  // Deletes the session if so agreed; a failure to do so is ignored, it will expire.
  ~SessionClient();

  SessionClient(const SessionClient&) = delete;
  SessionClient& operator=(const SessionClient&) = delete;

  const std::string& name() const { return session_.name(); }
  // The session as of the last answer; in view BASIC.
  const v1::Session& session() const { return session_; }
  int64_t next_step() const { return session_.next_step(); }
  void set_at_end(AtEnd at_end) { at_end_ = at_end; }

  // Makes one or more steps from next_step on. If somebody else stepped the session: ABORTED /
  // STEP_CONFLICT or OUT_OF_RANGE / STEP_GAP; Refresh tells where it is now.
  absl::StatusOr<v1::StepResponse> Step(v1::Tensor inputs, v1::View view = v1::VIEW_OUTPUT);

  // Opens a stream from next_step on, its pipeline no longer than the replay window. Note the
  // stream's answers with Advance, or Refresh before using this object's Step again.
  absl::StatusOr<std::unique_ptr<SteadyStream>> Stream(v1::View view, Waiting waiting = {});
  void Advance(int64_t next_step) { session_.set_next_step(next_step); }

  absl::Status Refresh();
  absl::Status Reset();
  absl::Status Rewind(int64_t step_index);

  // A new session that continues from here. `id` empty: the server makes one.
  absl::StatusOr<std::unique_ptr<SessionClient>> Fork(const std::string& id, AtEnd at_end);

  absl::StatusOr<v1::State> GetState();
  // Its model, without the weights.
  absl::StatusOr<v1::Model> GetModel();
  absl::Status SetState(const v1::State& state, std::optional<int64_t> next_step = std::nullopt);
  absl::StatusOr<std::string> Export();
  absl::Status Delete();

 private:
  SessionClient(std::shared_ptr<Connection> connection, v1::Session session, AtEnd at_end)
      : connection_(std::move(connection)), session_(std::move(session)), at_end_(at_end) {}

  // Takes over the session of an answer; returns the answer's status.
  template <class Response>
  absl::Status Note(const absl::StatusOr<Response>& response) {
    if (response.ok()) session_ = response->session();
    return response.status();
  }

  const std::shared_ptr<Connection> connection_;
  v1::Session session_;
  AtEnd at_end_;
};

}  // namespace cellar

#endif  // CELLAR_CLIENT_SESSION_CLIENT_H_
