#include "tests/testing/in_process_server.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "grpcpp/create_channel.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

// A test cannot go on without its scene.
template <class Status>
void Require(const Status& status, const char* what) {
  if (status.ok()) return;
  std::cerr << "the scene cannot be set: " << what << std::endl;
  std::abort();
}

}  // namespace

InProcessServer::InProcessServer(Options options) {
  options.server.listen = {"127.0.0.1:0"};
  options.scheduler.worker_count = 1;
  const bool asked = options.server.farewell != ServerOptions().farewell;
  if (!asked) options.server.farewell = absl::ZeroDuration();
  auto environment = Environment::Create(options, clock_);
  Require(environment, "the server does not start");
  environment_ = *std::move(environment);
  channel_ = NewChannel();
  models_ = v1::ModelService::NewStub(channel_);
  sessions_ = v1::SessionService::NewStub(channel_);
  evaluations_ = v1::EvaluationService::NewStub(channel_);
  gradings_ = v1::GradingService::NewStub(channel_);
}

std::shared_ptr<grpc::Channel> InProcessServer::NewChannel() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address(), grpc::InsecureChannelCredentials(), arguments);
}

void InProcessServer::AddHomework() {
  Require(api().models.Add(kDefaultTenant, HomeworkModel()), "no model");
}

std::string InProcessServer::NewSession(const std::string& id) {
  v1::CreateSessionRequest request;
  request.set_session_id(id);
  request.mutable_session()->set_model("models/homework");
  v1::CreateSessionResponse response;
  grpc::ClientContext context;
  Require(sessions_->CreateSession(&context, request, &response), "no session");
  return response.session().name();
}

v1::StreamStepsRequest OpenMessage(const std::string& session) {
  v1::StreamStepsRequest message;
  message.mutable_open()->set_session(session);
  return message;
}

v1::StreamStepsRequest StepMessage(double input) {
  v1::StreamStepsRequest message;
  message.mutable_step()->mutable_inputs()->add_values(input);
  return message;
}

}  // namespace cellar
