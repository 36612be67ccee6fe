// A whole server in this process, on a real port of the loopback interface that the system chose,
// with clients for it.
//
// Thread safety: belongs to the test's thread, but for the stubs, which are thread-safe.
// Ownership: owns the environment; ends it without patience.
#ifndef CELLAR_TESTS_TESTING_IN_PROCESS_SERVER_H_
#define CELLAR_TESTS_TESTING_IN_PROCESS_SERVER_H_

#include <memory>
#include <string>

#include "cellar/v1/evaluation_service.grpc.pb.h"
#include "cellar/v1/grading_service.grpc.pb.h"
#include "cellar/v1/model_service.grpc.pb.h"
#include "cellar/v1/session_service.grpc.pb.h"
#include "grpcpp/channel.h"
#include "server/environment.h"
#include "server/options.h"
#include "tests/testing/fake_clock.h"

namespace cellar {

class InProcessServer {
 public:
  // Listens on port 0 of 127.0.0.1, whatever `options` say, with one worker; a drain takes no
  // farewell unless they ask for another than usual.
  explicit InProcessServer(Options options = {});

  Environment& environment() { return *environment_; }
  Api& api() { return environment_->api(); }
  const std::string& address() const { return environment_->addresses()[0]; }

  // What the server takes for the time. (gRPC's own deadlines follow the real clock.)
  FakeClock& clock() { return clock_; }

  // Clients on one connection.
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  v1::ModelService::Stub& models() { return *models_; }
  v1::SessionService::Stub& sessions() { return *sessions_; }
  v1::EvaluationService::Stub& evaluations() { return *evaluations_; }
  v1::GradingService::Stub& gradings() { return *gradings_; }

  // A channel with a connection of its own.
  std::shared_ptr<grpc::Channel> NewChannel() const;

  // Adds the course problem's model (model_builder.h), "models/homework", behind the API.
  void AddHomework();

  // Creates "sessions/{id}" on that model; REQUIRES: AddHomework, and that it succeeds.
  std::string NewSession(const std::string& id);

 private:
  FakeClock clock_;
  std::unique_ptr<Environment> environment_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ModelService::Stub> models_;
  std::unique_ptr<v1::SessionService::Stub> sessions_;
  std::unique_ptr<v1::EvaluationService::Stub> evaluations_;
  std::unique_ptr<v1::GradingService::Stub> gradings_;
};

// The first message of a stream, and one that steps through a scalar.
v1::StreamStepsRequest OpenMessage(const std::string& session);
v1::StreamStepsRequest StepMessage(double input);

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_IN_PROCESS_SERVER_H_
