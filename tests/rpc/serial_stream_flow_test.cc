#include "server/rpc/serial_stream_flow.h"

#include "gtest/gtest.h"

namespace cellar {
namespace {

using SerialDo = SerialStreamFlow::Do;

// Reads a message and begins to work on it; the next read has begun, too.
void BeginWork(SerialStreamFlow& flow) {
  ASSERT_EQ(flow.Next(), SerialDo::kRead);
  flow.ReadDone(true);
  ASSERT_EQ(flow.Next(), SerialDo::kWork);
  ASSERT_EQ(flow.Next(), SerialDo::kRead);
  ASSERT_EQ(flow.Next(), SerialDo::kNothing);
}

TEST(SerialStreamFlow, ReadsTheNextMessageWhileOneIsWorkedOnAndNoMore) {
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.ReadDone(true);
  EXPECT_EQ(flow.Next(), SerialDo::kNothing) << "the second message waits, a third is not read";
  flow.WorkDone(absl::OkStatus(), true);
  EXPECT_EQ(flow.Next(), SerialDo::kWrite);
  EXPECT_EQ(flow.Next(), SerialDo::kNothing) << "the answer's place is taken until it is written";
  flow.WriteDone(true);
  EXPECT_EQ(flow.Next(), SerialDo::kWork);
}

TEST(SerialStreamFlow, AMessageWithoutAnAnswerLetsTheNextBegin) {
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.ReadDone(true);
  flow.WorkDone(absl::OkStatus(), false);
  EXPECT_EQ(flow.Next(), SerialDo::kWork);
}

TEST(SerialStreamFlow, EndsWhenTheClientHasClosedAndAllIsAnswered) {
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.ReadDone(false);
  EXPECT_EQ(flow.Next(), SerialDo::kNothing);
  flow.WorkDone(absl::OkStatus(), true);
  EXPECT_EQ(flow.Next(), SerialDo::kWrite);
  EXPECT_EQ(flow.Next(), SerialDo::kNothing);
  flow.WriteDone(true);
  EXPECT_EQ(flow.Next(), SerialDo::kFinish);
  EXPECT_TRUE(flow.final_status().ok());
  EXPECT_EQ(flow.Next(), SerialDo::kNothing) << "the end comes once";
}

TEST(SerialStreamFlow, AFailureEndsItWithoutTheMessageBehind) {
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.ReadDone(true);
  flow.WorkDone(absl::InvalidArgumentError("bad"), true);
  EXPECT_EQ(flow.Next(), SerialDo::kFinish);
  EXPECT_EQ(flow.final_status(), absl::InvalidArgumentError("bad"));
}

TEST(SerialStreamFlow, WhatIsBeingWorkedOnIsAnsweredBeforeTheEnd) {
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.End(absl::UnavailableError("draining"));
  flow.End(absl::CancelledError("gone"));
  EXPECT_EQ(flow.Next(), SerialDo::kNothing);
  flow.WorkDone(absl::OkStatus(), true);
  EXPECT_EQ(flow.Next(), SerialDo::kWrite);
  EXPECT_EQ(flow.Next(), SerialDo::kNothing);
  flow.WriteDone(true);
  EXPECT_EQ(flow.Next(), SerialDo::kFinish);
  EXPECT_EQ(flow.final_status(), absl::UnavailableError("draining")) << "the first reason counts";
}

TEST(SerialStreamFlow, AnIdleStreamEndsAtOnceThoughAReadIsOut) {
  SerialStreamFlow flow;
  ASSERT_EQ(flow.Next(), SerialDo::kRead);
  flow.End(absl::UnavailableError("draining"));
  EXPECT_EQ(flow.Next(), SerialDo::kFinish);
}

TEST(SerialStreamFlow, AnAnswerThatCannotBeWrittenEndsIt) {
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.WorkDone(absl::OkStatus(), true);
  ASSERT_EQ(flow.Next(), SerialDo::kWrite);
  flow.WriteDone(false);
  EXPECT_EQ(flow.Next(), SerialDo::kFinish);
  EXPECT_TRUE(absl::IsCancelled(flow.final_status()));
}

}  // namespace
}  // namespace cellar
