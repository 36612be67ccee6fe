#include "server/base/status_macros.h"

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

absl::Status RunBoth(const absl::Status& first, const absl::Status& second, int& reached) {
  CELLAR_RETURN_IF_ERROR(first);
  reached = 1;
  CELLAR_RETURN_IF_ERROR(second);
  reached = 2;
  return absl::OkStatus();
}

TEST(ReturnIfError, GoesOnWhileAllIsWell) {
  int reached = 0;
  EXPECT_TRUE(RunBoth(absl::OkStatus(), absl::OkStatus(), reached).ok());
  EXPECT_EQ(reached, 2);
}

TEST(ReturnIfError, ReturnsTheFirstFailureAsItIs) {
  int reached = 0;
  EXPECT_EQ(RunBoth(absl::OkStatus(), absl::AbortedError("lost"), reached),
            absl::AbortedError("lost"));
  EXPECT_EQ(reached, 1);
  reached = 0;
  EXPECT_EQ(RunBoth(absl::NotFoundError("gone"), absl::AbortedError("lost"), reached),
            absl::NotFoundError("gone"));
  EXPECT_EQ(reached, 0);
}

TEST(ReturnIfError, EvaluatesItsExpressionOnce) {
  int calls = 0;
  const auto count = [&calls] {
    ++calls;
    return absl::AbortedError("counted");
  };
  const auto run = [&count]() -> absl::Status {
    CELLAR_RETURN_IF_ERROR(count());
    return absl::OkStatus();
  };
  EXPECT_FALSE(run().ok());
  EXPECT_EQ(calls, 1);
}

absl::StatusOr<std::string> Concatenate(absl::StatusOr<std::string> first,
                                        absl::StatusOr<std::string> second) {
  CELLAR_ASSIGN_OR_RETURN(std::string both, std::move(first));
  CELLAR_ASSIGN_OR_RETURN(const std::string& end, second);
  both += end;
  return both;
}

TEST(AssignOrReturn, GivesTheValues) { EXPECT_EQ(Concatenate("a", "b").value(), "ab"); }

TEST(AssignOrReturn, ReturnsTheFirstFailureAsItIs) {
  EXPECT_EQ(Concatenate(absl::NotFoundError("gone"), "b").status(), absl::NotFoundError("gone"));
  EXPECT_EQ(Concatenate("a", absl::NotFoundError("gone")).status(), absl::NotFoundError("gone"));
}

TEST(AssignOrReturn, MovesWhatCannotBeCopied) {
  const auto run = []() -> absl::StatusOr<std::unique_ptr<int>> {
    CELLAR_ASSIGN_OR_RETURN(std::unique_ptr<int> pointer,
                            absl::StatusOr<std::unique_ptr<int>>(std::make_unique<int>(7)));
    return pointer;
  };
  EXPECT_EQ(**run(), 7);
}

}  // namespace
}  // namespace cellar
