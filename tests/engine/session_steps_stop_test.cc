#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "server/engine/session_steps.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/step_session.h"

namespace cellar {
namespace {

using Floats = std::vector<float>;

TEST(MakeSteps, GivesUpInTheMiddleWhenNobodyWantsItAnyMore) {
  StepSession session(HomeworkModel(), {}, 8);
  ASSERT_TRUE(session.Step(0, Floats{1}).ok());
  const std::string digest = session.digest();
  SessionHold hold = *session.table().Hold({kDefaultTenant, "sessions/a"});
  SessionLease lease = *hold.Lease();
  const auto inputs = SharedNumbers::Of<float>(Floats(200'000, 1.0F));
  const auto gone = [] { return absl::CancelledError("gone"); };
  EXPECT_EQ(MakeSteps(lease, 1, inputs, {}, gone).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(session.digest(), digest);
  EXPECT_EQ(session.next_step(), 1);

  ASSERT_TRUE(MakeSteps(lease, 1, inputs, {}).ok());
  EXPECT_EQ(MakeSteps(lease, 1, inputs, {}, gone).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(ProgressAt(lease.session(), lease.progress(), 150'000, gone).status().code(),
            absl::StatusCode::kCancelled);
  EXPECT_TRUE(ProgressAt(lease.session(), lease.progress(), 150'000).ok());
}

}  // namespace
}  // namespace cellar
