#include "server/rpc/unary_calls.h"

#include <thread>

#include "absl/synchronization/notification.h"
#include "cellar/v1/session_service.grpc.pb.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/identity/authentication.h"
#include "server/identity/identities.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/queue_server.h"
#include "tests/testing/raw_call.h"
#include "tests/testing/rich_error.h"

namespace cellar {
namespace {

constexpr int64_t kRoomForCalls = 1'000'000;

// What the handlers below leave behind, and wait for; one test at a time.
struct Notes {
  std::thread::id thread;
  Call call{LocalCaller()};
  v1::ResetSessionResponse* response = nullptr;
  Done done;
  absl::Notification called;
};
Notes* notes = nullptr;

absl::Status EchoName(Api&, const Call&, const v1::GetSessionRequest& request,
                      v1::GetSessionResponse* response) {
  notes->thread = std::this_thread::get_id();
  response->mutable_session()->set_name(request.name());
  return request.name() == "bad" ? BadRequest({{"name", "is bad"}}) : absl::OkStatus();
}

void WaitForTheTest(Api&, const Call& call, const v1::ResetSessionRequest&,
                    v1::ResetSessionResponse* response, Done done) {
  notes->call = call;
  notes->response = response;
  notes->done = std::move(done);
  notes->called.Notify();
}

bool IsDear(const v1::GetSessionRequest& request) { return request.name() == "dear"; }

class UnaryCallsTest : public testing::Test {
 protected:
  UnaryCallsTest() { notes = &notes_; }

  void Serve(CallQueue& queue) {
    UnaryCalls calls(queue, service_, fixture_.api(), admission_);
    calls.OnWorkerIf(&IsDear, "GetSession", &EchoName);
    calls.Here("ResetSession", &WaitForTheTest);
  }

  grpc::Status Get(const std::string& name, v1::GetSessionResponse* response) {
    v1::GetSessionRequest request;
    request.set_name(name);
    grpc::ClientContext context;
    return stub_->GetSession(&context, request, response);
  }

  Notes notes_;
  ApiFixture fixture_{{.limits = {.max_call_bytes = kRoomForCalls}}};
  const Identities identities_{""};
  const Authentication authentication_{identities_, fixture_.clock()};
  Admission admission_{authentication_, nullptr};
  RawService service_{*v1::GetSessionRequest::descriptor()->file()};
  QueueServer server_{service_, [this](CallQueue& queue) { Serve(queue); }};
  std::unique_ptr<v1::SessionService::Stub> stub_ =
      v1::SessionService::NewStub(server_.InProcessChannel());
};

TEST_F(UnaryCallsTest, HandlersAnswerAndFail) {
  v1::GetSessionResponse response;
  for (const std::string name : {"a", "dear"}) {
    ASSERT_TRUE(Get(name, &response).ok());
    EXPECT_EQ(response.session().name(), name);
  }
  EXPECT_EQ(SentReason(Get("bad", &response)), "BAD_REQUEST");
}

TEST_F(UnaryCallsTest, WhatIsDearRunsOnTheWorker) {
  std::thread::id worker;
  Task task;
  task.cost = std::numeric_limits<int64_t>::max();
  task.run = [&](absl::Status) { worker = std::this_thread::get_id(); };
  ASSERT_TRUE(fixture_.api().scheduler.ScheduleAlone(std::move(task)).ok());
  fixture_.api().scheduler.Drain();

  v1::GetSessionResponse response;
  ASSERT_TRUE(Get("a", &response).ok());
  EXPECT_NE(notes_.thread, worker);
  ASSERT_TRUE(Get("dear", &response).ok());
  EXPECT_EQ(notes_.thread, worker);
}

TEST_F(UnaryCallsTest, RefusesWhileDraining) {
  admission_.StartDraining();
  v1::GetSessionResponse response;
  const grpc::Status status = Get("a", &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(SentReason(status), "DRAINING");
  EXPECT_TRUE(FindDetail<google::rpc::RetryInfo>(status).has_value());
  EXPECT_EQ(notes_.thread, std::thread::id());
}

// Of which nothing is taken while the test does not read.
TEST_F(UnaryCallsTest, AnAnswerIsHeldUntilItIsTakenAndKeepsOthersOut) {
  RawCall call(server_.InProcessChannel(), "/cellar.v1.SessionService/ResetSession");
  call.Write("");
  notes_.called.WaitForNotification();
  notes_.response->mutable_session()->set_name(std::string(2 * kRoomForCalls, 'x'));
  notes_.done(absl::OkStatus());
  while (fixture_.api().call_bytes.total() < 2 * kRoomForCalls) std::this_thread::yield();
  v1::GetSessionResponse response;
  EXPECT_EQ(SentReason(Get("a", &response)), "CALL_BYTES_LIMIT");
  EXPECT_TRUE(call.Read().has_value());
  EXPECT_TRUE(call.Finish().ok());
  while (fixture_.api().call_bytes.total() > 0) std::this_thread::yield();
  EXPECT_TRUE(Get("a", &response).ok());
}

TEST_F(UnaryCallsTest, ACallWithoutItsMessageIsChargedButHoldsNoDrain) {
  RawCall call(server_.InProcessChannel(), "/cellar.v1.SessionService/ResetSession");
  while (fixture_.api().call_bytes.total() == 0) std::this_thread::yield();
  EXPECT_EQ(fixture_.api().call_bytes.total(), kLeastCallBytes);
  admission_.StartDraining();
  EXPECT_TRUE(admission_.AwaitEmpty(absl::InfiniteDuration()));
  call.Write("");  // too late
  EXPECT_EQ(SentReason(call.Finish()), "DRAINING");
}

TEST_F(UnaryCallsTest, WhoHasNoRoomForACallIsNotListenedTo) {
  CallBytes others(fixture_.api().call_bytes, "others");
  ASSERT_TRUE(others.Set(kRoomForCalls).ok());
  RawCall call(server_.InProcessChannel(), "/cellar.v1.SessionService/ResetSession");
  EXPECT_EQ(SentReason(call.Finish()), "CALL_BYTES_LIMIT");  // nothing was sent
}

TEST_F(UnaryCallsTest, ACallIsInsideUntilItsHandlerIsDone) {
  grpc::ClientContext context;
  v1::ResetSessionResponse response;
  grpc::Status status;
  std::thread client([&] { status = stub_->ResetSession(&context, {}, &response); });
  notes_.called.WaitForNotification();
  EXPECT_EQ(admission_.inside(), 1);
  EXPECT_EQ(fixture_.api().call_bytes.total(), kLeastCallBytes);
  admission_.StartDraining();  // what is inside is finished all the same
  notes_.done(absl::OkStatus());
  client.join();
  EXPECT_TRUE(status.ok());
  EXPECT_TRUE(admission_.AwaitEmpty(absl::InfiniteDuration()));
  EXPECT_EQ(fixture_.api().call_bytes.total(), 0);
}

TEST_F(UnaryCallsTest, HandsTheDeadlineOn) {
  const auto deadline = std::chrono::system_clock::now() + std::chrono::hours(1);
  grpc::ClientContext context;
  context.set_deadline(deadline);
  v1::ResetSessionResponse response;
  std::thread client([&] { stub_->ResetSession(&context, {}, &response); });
  notes_.called.WaitForNotification();
  EXPECT_LT(absl::AbsDuration(notes_.call.deadline - absl::FromChrono(deadline)), absl::Minutes(1));
  EXPECT_FALSE(notes_.call.cancelled());
  notes_.done(absl::OkStatus());
  client.join();
}

TEST_F(UnaryCallsTest, AHandlerMayFinishLongAfterItsClientHasGone) {
  grpc::ClientContext context;
  v1::ResetSessionResponse response;
  grpc::Status status;
  std::thread client([&] { status = stub_->ResetSession(&context, {}, &response); });
  notes_.called.WaitForNotification();
  context.TryCancel();
  client.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  while (!notes_.call.cancelled()) std::this_thread::yield();
  admission_.StartDraining();
  notes_.done(absl::OkStatus());
  EXPECT_TRUE(admission_.AwaitEmpty(absl::InfiniteDuration()));
}

}  // namespace
}  // namespace cellar
