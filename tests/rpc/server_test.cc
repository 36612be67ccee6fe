#include "server/rpc/server.h"

#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/impl/codegen/client_unary_call.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/sync_stream.h"
#include "gtest/gtest.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/in_process_server.h"
#include "tests/testing/rich_error.h"

namespace cellar {
namespace {

using grpc::internal::RpcMethod;

// Nobody is asked who they are.
const Identities& Open() {
  static const Identities* const identities = new Identities("");
  return *identities;
}

// Health and reflection are spoken to in bytes: the messages are tiny, and their protos are not
// ours.
grpc::ByteBuffer Bytes(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string Text(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  EXPECT_TRUE(buffer.DumpToSingleSlice(&slice).ok());
  return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

// A message whose field 1 is the string.
grpc::ByteBuffer HealthOf(const std::string& service) {
  return Bytes(absl::StrCat("\x0A", std::string(1, static_cast<char>(service.size())), service));
}

const std::string kServing = "\x08\x01";
const std::string kNotServing = "\x08\x02";

std::string CheckHealth(InProcessServer& server, const std::string& service) {
  grpc::ClientContext context;
  grpc::ByteBuffer answer;
  const grpc::Status status = grpc::internal::BlockingUnaryCall(
      server.channel().get(), RpcMethod("/grpc.health.v1.Health/Check", RpcMethod::NORMAL_RPC),
      &context, HealthOf(service), &answer);
  return status.ok() ? Text(answer) : status.error_message();
}

// Begins to drain on another thread, while a step waits for its turn: nothing new is let in, and
// the drain does not come to its end before Release.
class HeldDrain {
 public:
  explicit HeldDrain(InProcessServer& server, absl::Duration timeout = absl::InfiniteDuration())
      : server_(server), blocker_(server.api(), server.NewSession("held")) {
    AwaitCalls(0);
    client_ = std::thread([this] {
      grpc::ClientContext context;
      v1::StepResponse response;
      held_ = server_.sessions().Step(&context, StepOf("sessions/held", {1}), &response);
    });
    AwaitCalls(1);
    drain_ = std::thread([this, timeout] { drained_ = server_.environment().Drain(timeout); });
    while (SentReason(StepNobody()) == "SESSION_NOT_FOUND") std::this_thread::yield();
  }

  ~HeldDrain() { Release(); }

  // Lets the step have its turn and the drain come to its end.
  void Release() {
    if (!drain_.joinable()) return;
    blocker_.Open();
    AwaitAnswer();
    drain_.join();
  }

  // Waits until the client of the step has an answer; without Release that is none of the step's.
  void AwaitAnswer() {
    if (client_.joinable()) client_.join();
  }

  // A call that needs no worker, which may be held.
  grpc::Status StepNobody() {
    grpc::ClientContext context;
    v1::StepResponse response;
    return server_.sessions().Step(&context, StepOf("sessions/nobody", {1}), &response);
  }

  const grpc::Status& held() const { return held_; }
  bool drained() const { return drained_; }

 private:
  void AwaitCalls(int64_t count) {
    while (server_.environment().server().call_count() != count) std::this_thread::yield();
  }

  InProcessServer& server_;
  TurnBlocker blocker_;
  std::thread client_;
  std::thread drain_;
  grpc::Status held_;
  bool drained_ = false;
};

TEST(Server, WithoutAnAddressItIsReachedInsideTheProcess) {
  ApiFixture fixture;
  ServerOptions options;
  options.listen.clear();
  const auto server = Server::Start(options, fixture.api(), Open());
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_TRUE((*server)->addresses().empty());
  const auto stub = v1::ModelService::NewStub((*server)->InProcessChannel());
  grpc::ClientContext context;
  v1::ListModelsResponse response;
  EXPECT_TRUE(stub->ListModels(&context, {}, &response).ok());
}

TEST(Server, HealthKnowsEveryService) {
  InProcessServer server;
  for (const char* service : {"", "cellar.v1.ModelService", "cellar.v1.SessionService",
                              "cellar.v1.EvaluationService", "cellar.v1.GradingService"}) {
    EXPECT_EQ(CheckHealth(server, service), kServing) << service;
  }
  EXPECT_NE(CheckHealth(server, "cellar.v1.NoService"), kServing);
}

TEST(Server, HealthWatchersSeeTheDrain) {
  InProcessServer server;
  server.AddHomework();
  grpc::ClientContext context;
  const std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> watch(
      grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(
          server.channel().get(),
          RpcMethod("/grpc.health.v1.Health/Watch", RpcMethod::SERVER_STREAMING), &context,
          HealthOf("cellar.v1.SessionService")));
  grpc::ByteBuffer answer;
  ASSERT_TRUE(watch->Read(&answer));
  EXPECT_EQ(Text(answer), kServing);
  HeldDrain drain(server);
  ASSERT_TRUE(watch->Read(&answer));
  EXPECT_EQ(Text(answer), kNotServing);
  EXPECT_EQ(CheckHealth(server, ""), kNotServing);
  drain.Release();
}

TEST(Server, ReflectionListsTheServices) {
  InProcessServer server;
  grpc::ClientContext context;
  const std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> reflection(
      grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(
          server.channel().get(),
          RpcMethod("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                    RpcMethod::BIDI_STREAMING),
          &context));
  reflection->Write(Bytes("\x3A\x01*"));  // list_services, field 7
  grpc::ByteBuffer answer;
  ASSERT_TRUE(reflection->Read(&answer));
  const std::string listed = Text(answer);
  for (const char* service :
       {"cellar.v1.ModelService", "cellar.v1.SessionService", "cellar.v1.EvaluationService",
        "cellar.v1.GradingService", "grpc.health.v1.Health"}) {
    EXPECT_TRUE(absl::StrContains(listed, service)) << service;
  }
  reflection->WritesDone();
  EXPECT_TRUE(reflection->Finish().ok());
}

TEST(Server, DrainFinishesWhatRuns) {
  InProcessServer server;
  server.AddHomework();
  HeldDrain drain(server);
  drain.Release();
  EXPECT_TRUE(drain.held().ok()) << drain.held().error_message();
  EXPECT_TRUE(drain.drained());
}

TEST(Server, DrainRefusesEveryKindOfCall) {
  InProcessServer server;
  server.AddHomework();
  HeldDrain drain(server);
  EXPECT_EQ(SentReason(drain.StepNobody()), "DRAINING");

  grpc::ClientContext upload_context;
  v1::UploadModelResponse uploaded;
  EXPECT_EQ(SentReason(server.models().UploadModel(&upload_context, &uploaded)->Finish()),
            "DRAINING");

  grpc::ClientContext evaluate_context;
  v1::EvaluateResponse evaluated;
  const auto evaluation = server.evaluations().Evaluate(&evaluate_context, {});
  EXPECT_FALSE(evaluation->Read(&evaluated));
  EXPECT_EQ(SentReason(evaluation->Finish()), "DRAINING");

  grpc::ClientContext stream_context;
  const auto stream = server.sessions().StreamSteps(&stream_context);
  v1::StreamStepsResponse answer;
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(SentReason(stream->Finish()), "DRAINING");
}

TEST(Server, DrainLetsStreamsAnswerWhatTheyTookAndThenEndsThem) {
  InProcessServer server;
  server.AddHomework();
  server.NewSession("a");
  grpc::ClientContext context;
  const auto stream = server.sessions().StreamSteps(&context);
  stream->Write(OpenMessage("sessions/a"));
  v1::StreamStepsResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  for (int i = 0; i < 3; ++i) {
    stream->Write(StepMessage(1));
    ASSERT_TRUE(stream->Read(&answer));
  }
  EXPECT_TRUE(server.environment().Drain(absl::InfiniteDuration()));
  EXPECT_FALSE(stream->Read(&answer));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(SentReason(status), "DRAINING");
}

TEST(Server, DrainForcesWhatDoesNotEndInTime) {
  InProcessServer server;
  server.AddHomework();
  HeldDrain drain(server, absl::ZeroDuration());
  drain.AwaitAnswer();
  EXPECT_FALSE(drain.held().ok());
  drain.Release();
  EXPECT_FALSE(drain.drained());
}

TEST(Server, ForceStopCutsADrainShort) {
  InProcessServer server;
  server.AddHomework();
  HeldDrain drain(server);
  server.environment().ForceStop();
  drain.AwaitAnswer();
  EXPECT_FALSE(drain.held().ok());
  drain.Release();
  EXPECT_FALSE(drain.drained());
}

TEST(Server, ADrainGoesOnRefusingWhenNobodyIsLeftInside) {
  Options options;
  options.server.farewell = absl::InfiniteDuration();
  InProcessServer server(options);
  bool drained = false;
  std::thread drain([&] { drained = server.environment().Drain(absl::InfiniteDuration()); });
  const auto step = [&server] {
    grpc::ClientContext context;
    v1::StepResponse response;
    return server.sessions().Step(&context, StepOf("sessions/nobody", {1}), &response);
  };
  while (SentReason(step()) == "SESSION_NOT_FOUND") std::this_thread::yield();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(SentReason(step()), "DRAINING");
  server.environment().ForceStop();
  drain.join();
  EXPECT_TRUE(drained);  // nothing had to be forced
}

TEST(Server, TellsWhichAddressItCannotHave) {
  InProcessServer first;
  ServerOptions options;
  options.listen = {"127.0.0.1:0", first.address()};
  const auto second = Server::Start(options, first.api(), Open());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(second.status().message(), first.address())) << second.status();
}

TEST(Server, ListensOnSeveralAddressesAndTellsThem) {
  InProcessServer first;
  const std::string path = absl::StrCat("unix:/tmp/cellar-server-test-", getpid());
  ServerOptions options;
  options.listen = {path, "127.0.0.1:0"};
  const auto second = Server::Start(options, first.api(), Open());
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_EQ((*second)->addresses().size(), 2u);
  EXPECT_EQ((*second)->addresses()[0], path);
  EXPECT_TRUE(absl::StartsWith((*second)->addresses()[1], "127.0.0.1:"));
  EXPECT_FALSE(absl::EndsWith((*second)->addresses()[1], ":0"));
  for (const std::string& address : (*second)->addresses()) {
    const auto stub = v1::SessionService::NewStub(
        grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    v1::ListSessionsResponse response;
    EXPECT_TRUE(stub->ListSessions(&context, {}, &response).ok()) << address;
  }

  const auto third = Server::Start(options, first.api(), Open());
  EXPECT_TRUE(absl::StrContains(third.status().message(), "another server listens there"));
}

TEST(Server, RefusesCompressedMessages) {
  InProcessServer server;
  server.AddHomework();
  server.NewSession("a");
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  v1::StepResponse response;
  EXPECT_EQ(server.sessions()
                .Step(&context, StepOf("sessions/a", std::vector<double>(1000, 0.0)), &response)
                .error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace cellar
