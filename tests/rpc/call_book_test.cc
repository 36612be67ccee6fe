#include "server/rpc/call_book.h"

#include <string>
#include <utility>
#include <vector>

#include "cellar/v1/session_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/identity/authentication.h"
#include "server/identity/identities.h"
#include "server/rpc/session_service.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/queue_server.h"

namespace cellar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

// A server whose calls are written into a book, and a log that is kept.
class CallBookTest : public testing::Test {
 protected:
  CallBookTest()
      : log_(LogLevel::kDebug, fixture_.clock(),
             [this](const std::string& line) {
               absl::MutexLock lock(&mutex_);
               lines_.push_back(line);
             }),
        book_(fixture_.api().counts, log_, fixture_.clock(), "e1"),
        authentication_(identities_, fixture_.clock()),
        admission_(authentication_, &book_),
        service_(fixture_.api(), admission_) {}

  // Asks for a session; in the result: what the failed call was told it is called.
  std::string Get(const std::string& name, const std::string& request_id = "") {
    v1::GetSessionRequest request;
    request.set_name(name);
    v1::GetSessionResponse response;
    grpc::ClientContext context;
    if (!request_id.empty()) context.AddMetadata(kRequestIdSent, request_id);
    stub_->GetSession(&context, request, &response);
    const auto& told = context.GetServerTrailingMetadata();
    const auto found = told.find(kRequestIdTold);
    return found == told.end() ? "" : std::string(found->second.data(), found->second.size());
  }

  std::vector<std::string> Lines() {
    absl::MutexLock lock(&mutex_);
    return lines_;
  }

  ApiFixture fixture_;
  absl::Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
  Log log_;
  CallBook book_;
  Identities identities_{""};
  const Authentication authentication_;
  Admission admission_;
  SessionService service_;
  QueueServer server_{service_, [this](CallQueue& queue) { service_.Serve(queue); }};
  std::unique_ptr<v1::SessionService::Stub> stub_ =
      v1::SessionService::NewStub(server_.InProcessChannel());
};

TEST_F(CallBookTest, AFailureIsToldWithAnIdThatItsCallerKnows) {
  const std::string id = Get("sessions/none");
  EXPECT_EQ(id, "e1-1");
  ASSERT_THAT(Lines(), SizeIs(1));
  EXPECT_THAT(Lines()[0],
              HasSubstr("level=debug event=call-failed method=SessionService.GetSession "
                        "code=NOT_FOUND reason=SESSION_NOT_FOUND request=e1-1 tenant=default "));
  EXPECT_THAT(Lines()[0], HasSubstr(" session=sessions/none"));
  EXPECT_THAT(Lines()[0], Not(HasSubstr("message=")));
}

TEST_F(CallBookTest, ASnapshotThatItsCallerDamagedIsNoErrorOfTheServer) {
  v1::ImportSessionRequest request;
  request.mutable_session()->set_model(fixture_.AddModel(HomeworkModel()));
  request.set_snapshot("garbage");
  v1::ImportSessionResponse response;
  grpc::ClientContext context;
  EXPECT_EQ(stub_->ImportSession(&context, request, &response).error_code(),
            grpc::StatusCode::DATA_LOSS);
  ASSERT_THAT(Lines(), SizeIs(1));
  EXPECT_THAT(Lines()[0], HasSubstr("level=debug event=call-failed"));
  EXPECT_THAT(Lines()[0], HasSubstr(" reason=SNAPSHOT_CORRUPT "));
  EXPECT_THAT(Lines()[0], Not(HasSubstr("message=")));
}

TEST_F(CallBookTest, AClientMayNameItsRequest) {
  EXPECT_EQ(Get("sessions/none", "job-7.step_3"), "job-7.step_3");
  EXPECT_THAT(Lines()[0], HasSubstr(" request=job-7.step_3 "));
  EXPECT_EQ(Get("sessions/none", "x level=error"), "e1-1");
  EXPECT_EQ(Get("sessions/none", std::string(65, 'x')), "e1-2");
}

TEST_F(CallBookTest, CountsEndsByMethodAndCode) {
  fixture_.NewSession("a", fixture_.AddModel(HomeworkModel()));
  EXPECT_EQ(Get("sessions/a"), "");
  EXPECT_EQ(Get("sessions/a"), "");
  Get("sessions/none");
  const std::vector<MetricSample> ended = book_.Ended();
  ASSERT_THAT(ended, SizeIs(2));
  const MetricLabels not_found = {{"method", "SessionService.GetSession"}, {"code", "NOT_FOUND"}};
  const MetricLabels ok = {{"method", "SessionService.GetSession"}, {"code", "OK"}};
  EXPECT_EQ(ended[0].labels, not_found);
  EXPECT_EQ(ended[0].value, 1);
  EXPECT_EQ(ended[1].labels, ok);
  EXPECT_EQ(ended[1].value, 2);
  EXPECT_THAT(fixture_.api().counts.failures.Values(),
              ElementsAre(testing::Pair("SESSION_NOT_FOUND", 1)));
  EXPECT_THAT(Lines(), SizeIs(1));  // successes are not told
}

TEST_F(CallBookTest, AFloodOfRefusalsIsNoFloodOfLines) {
  for (int i = 0; i < 25; ++i) Get("sessions/none");
  EXPECT_THAT(Lines(), SizeIs(10));
  fixture_.clock().Advance(absl::Seconds(1));
  Get("sessions/none");
  ASSERT_THAT(Lines(), SizeIs(11));
  EXPECT_THAT(Lines()[10], HasSubstr(" left_out=15\n"));
}

}  // namespace
}  // namespace cellar
