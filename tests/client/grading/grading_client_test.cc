#include "client/grading/grading_client.h"

#include <gmock/gmock.h>
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/client/fake_session_service.h"
#include "tests/client/grading/fake_grading_service.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

// A refusal of one field, as Cellar's server makes it.
grpc::Status Refusal(const std::string& field) {
  google::rpc::ErrorInfo info;
  info.set_domain("cellar");
  info.set_reason("BAD_REQUEST");
  google::rpc::BadRequest request;
  request.add_field_violations()->set_field(field);
  request.mutable_field_violations(0)->set_description("is not what it should be");
  google::rpc::Status rich;
  rich.set_code(grpc::StatusCode::INVALID_ARGUMENT);
  rich.add_details()->PackFrom(info);
  rich.add_details()->PackFrom(request);
  return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "refused", rich.SerializeAsString());
}

class GradingClientTest : public ::testing::Test {
 protected:
  GradingClientTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ConnectionOptions options;
    options.retry.initial_delay = absl::ZeroDuration();
    connection_ = std::make_unique<Connection>(server_->InProcessChannel({}), options);
  }
  ~GradingClientTest() override { server_->Shutdown(); }

  // Grades `texts`; "unreadable" has no submission.
  absl::Status Grade(const std::vector<std::string>& texts) {
    verdicts_.clear();
    const auto read = [&](size_t index) -> absl::StatusOr<v1::Submission> {
      EXPECT_EQ(index, reads_++ % texts.size()) << "once each, in order";
      if (texts[index] == "unreadable") return absl::InvalidArgumentError("cannot be read");
      v1::Submission submission;
      submission.set_id(absl::StrCat(index));
      submission.set_text(texts[index]);
      return submission;
    };
    return GradeAll(*connection_, {}, texts.size(), read, [&](size_t index, v1::Verdict verdict) {
      EXPECT_EQ(index, verdicts_.size()) << "once each, in order";
      if (verdict.gradable()) {
        EXPECT_EQ(verdict.submission_id(), absl::StrCat(index));
      }
      verdicts_.push_back(std::move(verdict));
    });
  }

  // One letter a verdict: r(ight), w(rong), u(ngradable).
  std::string Letters() const {
    std::string letters;
    for (const v1::Verdict& verdict : verdicts_) {
      letters += !verdict.gradable() ? 'u' : verdict.points() > 0 ? 'r' : 'w';
    }
    return letters;
  }

  FakeGradingService service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Connection> connection_;
  std::vector<v1::Verdict> verdicts_;
  size_t reads_ = 0;
};

TEST_F(GradingClientTest, GivesVerdictsInTheOrderOfTheAnswers) {
  ASSERT_TRUE(Grade({"right", "x", "unreadable", "right", "unreadable"}).ok());
  EXPECT_EQ(Letters(), "rwuru");
  EXPECT_EQ(verdicts_[2].problems(0).reason(), "cannot be read");
}

TEST_F(GradingClientTest, ThousandsGoOverFewStreams) {
  ASSERT_TRUE(Grade(std::vector<std::string>(1000, "right")).ok());
  EXPECT_EQ(Letters(), std::string(1000, 'r'));
  EXPECT_LE(service_.stream_count(), 4);
}

TEST_F(GradingClientTest, ABrokenConnectionIsResumedWhereItStopped) {
  const grpc::Status broken(grpc::StatusCode::UNAVAILABLE, "Socket closed");
  service_.FailStreams({{2, broken}, {0, broken}, {1, broken}});
  ASSERT_TRUE(Grade({"right", "x", "right", "x", "right"}).ok());
  EXPECT_EQ(Letters(), "rwrwr");
}

TEST_F(GradingClientTest, AServerThatStaysAwayEndsItAfterTheVerdictsThatCame) {
  const grpc::Status broken(grpc::StatusCode::UNAVAILABLE, "Socket closed");
  service_.FailStreams(std::deque<std::pair<int, grpc::Status>>(10, {1, broken}));
  const absl::Status status = Grade(std::vector<std::string>(20, "right"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Letters(), "rrrr") << "one a try";
}

TEST_F(GradingClientTest, OneRefusedAnswerDoesNotStopTheOthers) {
  service_.Refuse("bad", Refusal("submission.file.content"));
  service_.Refuse("big", CellarStatus(grpc::StatusCode::RESOURCE_EXHAUSTED, "MESSAGE_SIZE_LIMIT",
                                      "the message is too large"));
  ASSERT_TRUE(Grade({"right", "bad", "right", "big", "bad", "right"}).ok());
  EXPECT_EQ(Letters(), "ruruur");
  EXPECT_EQ(verdicts_[1].problems(0).reason(), "is not what it should be");
  EXPECT_EQ(verdicts_[3].problems(0).reason(), "the message is too large");
}

TEST_F(GradingClientTest, ALimitThatIsNotTheAnswersIsNotHeldAgainstIt) {
  service_.Refuse("x", CellarStatus(grpc::StatusCode::RESOURCE_EXHAUSTED, "MODEL_SIZE_LIMIT",
                                    "the model is too large"));
  EXPECT_TRUE(absl::IsResourceExhausted(Grade({"right", "x", "right"})));
  EXPECT_EQ(Letters(), "r");
}

TEST_F(GradingClientTest, ARefusedExerciseEndsIt) {
  service_.Refuse("right", Refusal("inline_exercise.questions[0].sequence"));
  const absl::Status status = Grade({"right", "right"});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Letters(), "");
}

TEST_F(GradingClientTest, AServerThatAnswersTooLittleIsToldOf) {
  service_.FailStreams({{1, grpc::Status::OK}});
  const absl::Status status = Grade({"right", "right"});
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("before all verdicts"));
}

}  // namespace
}  // namespace cellar
