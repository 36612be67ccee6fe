#include "server/rpc/upload_flow.h"

#include "gtest/gtest.h"

namespace cellar {
namespace {

using UploadDo = UploadFlow::Do;

TEST(UploadFlow, TakesOneMessageAfterAnotherThenWorks) {
  UploadFlow flow;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(flow.Next().what, UploadDo::kRead);
    EXPECT_EQ(flow.Next().what, UploadDo::kNothing);
    flow.Arrived();
    EXPECT_EQ(flow.Next().what, UploadDo::kTake);
  }
  ASSERT_EQ(flow.Next().what, UploadDo::kRead);
  flow.InputClosed();
  EXPECT_EQ(flow.Next().what, UploadDo::kWork);
  EXPECT_EQ(flow.Next().what, UploadDo::kNothing);
  flow.WorkDone(absl::OkStatus());
  const UploadFlow::Action end = flow.Next();
  EXPECT_EQ(end.what, UploadDo::kFinish);
  EXPECT_TRUE(end.status.ok());
  EXPECT_EQ(flow.Next().what, UploadDo::kNothing) << "the end comes once";
}

TEST(UploadFlow, AMessageThatCannotBeTakenEndsIt) {
  UploadFlow flow;
  ASSERT_EQ(flow.Next().what, UploadDo::kRead);
  flow.Arrived();
  ASSERT_EQ(flow.Next().what, UploadDo::kTake);
  flow.End(absl::InvalidArgumentError("bad"));
  const UploadFlow::Action end = flow.Next();
  EXPECT_EQ(end.what, UploadDo::kFinish);
  EXPECT_EQ(end.status, absl::InvalidArgumentError("bad"));
}

TEST(UploadFlow, ADrainEndsWhatIsNotCompleteThoughAReadIsOut) {
  UploadFlow flow;
  ASSERT_EQ(flow.Next().what, UploadDo::kRead);
  flow.End(absl::UnavailableError("draining"));
  EXPECT_EQ(flow.Next().what, UploadDo::kFinish);
}

TEST(UploadFlow, ADrainEndsItBeforeAMessageThatWaits) {
  UploadFlow flow;
  ASSERT_EQ(flow.Next().what, UploadDo::kRead);
  flow.Arrived();
  flow.End(absl::UnavailableError("draining"));
  EXPECT_EQ(flow.Next().what, UploadDo::kFinish);
}

TEST(UploadFlow, NothingIsCompleteThatHadAReasonToEndBefore) {
  UploadFlow flow;
  ASSERT_EQ(flow.Next().what, UploadDo::kRead);
  flow.Cancel();
  flow.InputClosed();
  const UploadFlow::Action end = flow.Next();
  EXPECT_EQ(end.what, UploadDo::kFinish);
  EXPECT_EQ(end.status.code(), absl::StatusCode::kCancelled);
}

TEST(UploadFlow, WhatIsCompleteIsWorkedOnInADrainToo) {
  for (const bool working : {false, true}) {
    UploadFlow flow;
    ASSERT_EQ(flow.Next().what, UploadDo::kRead);
    flow.InputClosed();
    if (working) {
      ASSERT_EQ(flow.Next().what, UploadDo::kWork);
    }
    flow.End(absl::UnavailableError("draining"));
    EXPECT_EQ(flow.Next().what, working ? UploadDo::kNothing : UploadDo::kWork);
    flow.WorkDone(absl::OkStatus());
    EXPECT_TRUE(flow.Next().status.ok()) << "how the work ended counts";
  }
}

}  // namespace
}  // namespace cellar
