#include "client/error_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/call_status.h"
#include "client/network_cause.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kAddress[] = "127.0.0.1:50051";

// A refusal as the server sends it, with these fields.
absl::Status BadRequest(const std::string& message,
                        const std::vector<std::pair<std::string, std::string>>& fields) {
  google::rpc::ErrorInfo info;
  info.set_domain("cellar");
  info.set_reason("BAD_REQUEST");
  google::rpc::BadRequest bad_request;
  for (const auto& [field, description] : fields) {
    auto& violation = *bad_request.add_field_violations();
    violation.set_field(field);
    violation.set_description(description);
  }
  google::rpc::Status rich;
  rich.add_details()->PackFrom(info);
  rich.add_details()->PackFrom(bad_request);
  return FromCall(
      grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, message, rich.SerializeAsString()));
}

TEST(ErrorTextTest, OneProblemIsOneLineWithCodeAndReason) {
  EXPECT_EQ(ErrorText(BadRequest("inputs: is empty", {{"inputs", "is empty"}}), kAddress),
            "inputs: is empty (INVALID_ARGUMENT / BAD_REQUEST)");
}

TEST(ErrorTextTest, SeveralProblemsAreAListAndTheMessageIsNotRepeated) {
  EXPECT_EQ(ErrorText(BadRequest("a: one (and 1 more)", {{"a", "one"}, {"b", "two"}}), kAddress),
            "the request has 2 problems (INVALID_ARGUMENT / BAD_REQUEST):\n  a: one\n  b: two");
}

TEST(ErrorTextTest, AServerThatIsNotThereIsNamedWithTheWayToStartOne) {
  const absl::Status status = FromCall(grpc::Status(
      grpc::StatusCode::UNAVAILABLE,
      "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:50051: Failed to "
      "connect to remote host: Connection refused"));
  EXPECT_EQ(ErrorText(status, kAddress),
            "no server answers at 127.0.0.1:50051 (Connection refused); start one with "
            "`cellar-server --listen 127.0.0.1:50051`, or name another with --server or "
            "CELLAR_SERVER");
}

TEST(ErrorTextTest, ANameThatIsNotKnownIsNoPlaceToStartAServerAt) {
  const absl::Status status = FromCall(
      grpc::Status(grpc::StatusCode::UNAVAILABLE, "DNS resolution failed for nohost:1: ..."));
  EXPECT_EQ(ErrorText(status, "nohost:1"),
            "no server answers at nohost:1 (DNS resolution failed); check the name, or name "
            "another with --server or CELLAR_SERVER");
}

TEST(ErrorTextTest, WhoAnswersInPlainTextIsThereAllTheSame) {
  const absl::Status status = FromCall(
      grpc::Status(grpc::StatusCode::UNAVAILABLE,
                   "failed to connect to all addresses; last error: UNKNOWN: Ssl handshake failed: "
                   "SSL_ERROR_SSL: error:0A00010B:SSL routines::wrong version number"));
  EXPECT_THAT(ErrorText(status, kAddress), HasSubstr("does not speak TLS; leave out --tls"));
  EXPECT_EQ(NetworkCause("x:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER"), kNoTls);
}

TEST(ErrorTextTest, WhoHangsUpMaySpeakTls) {
  const absl::Status status =
      FromCall(grpc::Status(grpc::StatusCode::UNAVAILABLE, "failed to connect: Socket closed"));
  EXPECT_THAT(ErrorText(status, kAddress),
              AllOf(HasSubstr("no server answers"), HasSubstr("(Socket closed)"),
                    HasSubstr("); if it speaks TLS, give --tls or --tls-ca; start one")));
}

TEST(ErrorTextTest, AServerThatIsNotBelievedIsThereAllTheSame) {
  const absl::Status status = FromCall(grpc::Status(
      grpc::StatusCode::UNAVAILABLE,
      "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:50051: Ssl "
      "handshake "
      "failed: SSL_ERROR_SSL: error:0A000086:SSL routines::certificate verify failed"));
  EXPECT_THAT(ErrorText(status, kAddress),
              AllOf(HasSubstr("answers, but is not believed (certificate verify failed)"),
                    HasSubstr("--tls-ca"), Not(HasSubstr("cellar-server --listen"))));
}

TEST(ErrorTextTest, AServerThatIsTooSlowIsNamed) {
  const absl::Status status =
      FromCall(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded"));
  EXPECT_THAT(ErrorText(status, kAddress), AllOf(HasSubstr(kAddress), HasSubstr("--timeout")));
}

TEST(ErrorTextTest, WhoGivesNoTokenHearsHowToGiveOne) {
  google::rpc::ErrorInfo info;
  info.set_domain("cellar");
  info.set_reason("TOKEN_MISSING");
  google::rpc::Status rich;
  rich.add_details()->PackFrom(info);
  const absl::Status status =
      FromCall(grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "who?", rich.SerializeAsString()));
  EXPECT_EQ(ErrorText(status, kAddress),
            "who?; give yours with CELLAR_TOKEN or --token-file (UNAUTHENTICATED / TOKEN_MISSING)");
}

TEST(ErrorTextTest, TheServersDelayIsPassedOn) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(2);
  google::rpc::Status rich;
  rich.add_details()->PackFrom(retry);
  const absl::Status status = FromCall(
      grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "full", rich.SerializeAsString()));
  EXPECT_EQ(ErrorText(status, kAddress), "full; try again in 2 s (RESOURCE_EXHAUSTED)");
}

TEST(ErrorTextTest, AnErrorFoundHereHasNoCode) {
  EXPECT_EQ(ErrorText(absl::InvalidArgumentError("cannot read a.json"), kAddress),
            "cannot read a.json");
}

TEST(ErrorTextTest, AnEmptyMessageStillTellsWho) {
  EXPECT_EQ(ErrorText(FromCall(grpc::Status(grpc::StatusCode::UNKNOWN, "")), kAddress),
            "the server at 127.0.0.1:50051 gave no message (UNKNOWN)");
}

TEST(ErrorTextTest, ControlCharactersDoNotReachTheTerminal) {
  const std::string text =
      ErrorText(FromCall(grpc::Status(grpc::StatusCode::NOT_FOUND, "a\x1b[2Jb\nc\x7f")), kAddress);
  EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\n")), Not(HasSubstr("\x7f"))));
}

TEST(CodeNameTest, IsGrpcsSpelling) {
  EXPECT_EQ(CodeName(absl::StatusCode::kFailedPrecondition), "FAILED_PRECONDITION");
}

}  // namespace
}  // namespace cellar
