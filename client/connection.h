// A connection to one server: the channel, the stubs, and one way to make a call (deadline,
// retries, status with details).
//
//   absl::StatusOr<std::shared_ptr<Connection>> server = Connection::Open({"127.0.0.1:50051"});
//   if (!server.ok()) return server.status();          // the address is malformed
//   GetSessionRequest request;
//   request.set_name("sessions/mine");
//   absl::StatusOr<GetSessionResponse> answer = (*server)->Call(
//       (*server)->sessions(), &SessionService::Stub::GetSession, request, Repeat::kSafe);
//
// Thread safety: all members may be used from any thread.
// Ownership: the stubs live as long as the Connection.
#ifndef CELLAR_CLIENT_CONNECTION_H_
#define CELLAR_CLIENT_CONNECTION_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cellar/v1/evaluation_service.grpc.pb.h"
#include "cellar/v1/grading_service.grpc.pb.h"
#include "cellar/v1/model_service.grpc.pb.h"
#include "cellar/v1/session_service.grpc.pb.h"
#include "client/call_status.h"
#include "client/channel.h"
#include "client/retry.h"

namespace cellar {

struct ConnectionOptions {
  std::string address{};                            // `host:port` or `unix:path`
  absl::Duration call_timeout = absl::Seconds(30);  // of each try; infinite: no deadline
  RetryPolicy retry{};
  int max_answer_bytes = 256 << 20;  // of one message; the server's own limit decides before
  ChannelIdentity identity{};        // TLS, token
};

class Connection {
 public:
  // Prepares a connection; it is made by the first call, and again whenever it was lost.
  // Errors: as MakeChannel.
  static absl::StatusOr<std::shared_ptr<Connection>> Open(ConnectionOptions options);

  // Uses a channel made elsewhere (another kind of credentials, an in-process server).
  Connection(std::shared_ptr<grpc::Channel> channel, ConnectionOptions options);

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  v1::ModelService::Stub& models() { return *models_; }
  v1::SessionService::Stub& sessions() { return *sessions_; }
  v1::EvaluationService::Stub& evaluations() { return *evaluations_; }
  v1::GradingService::Stub& gradings() { return *gradings_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  const ConnectionOptions& options() const { return options_; }

  // Gives one try of a call its deadline.
  void SetDeadline(grpc::ClientContext& context) const;

  // Makes a unary call, with retries as far as `repeat` allows. Returns the answer or the last
  // try's status, made by FromCall.
  template <class Stub, class Request, class Response>
  absl::StatusOr<Response> Call(Stub& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request, Repeat repeat) {
    Response response;
    const auto attempt = [&] {
      grpc::ClientContext context;
      SetDeadline(context);
      response.Clear();
      return FromCall((stub.*method)(&context, request, &response));
    };
    const absl::Status status = RunWithRetry(options_.retry, repeat, attempt, absl::SleepFor);
    if (!status.ok()) return status;
    return response;
  }

 private:
  const ConnectionOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::ModelService::Stub> models_;
  const std::unique_ptr<v1::SessionService::Stub> sessions_;
  const std::unique_ptr<v1::EvaluationService::Stub> evaluations_;
  const std::unique_ptr<v1::GradingService::Stub> gradings_;
};

}  // namespace cellar

#endif  // CELLAR_CLIENT_CONNECTION_H_
