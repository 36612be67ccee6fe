#include "server/rpc/serial_stream_flow.h"

#include "gtest/gtest.h"

namespace cellar {
namespace {

using SerialDo = SerialStreamFlow::Do;

// Reads a message and begins to work on it; the next read has begun, too.
void BeginWork(SerialStreamFlow& flow) {
  ASSERT_EQ(flow.Next().what, SerialDo::kRead);
  flow.Arrived(1);
  ASSERT_EQ(flow.Next().what, SerialDo::kWork);
  ASSERT_EQ(flow.Next().what, SerialDo::kRead);
  ASSERT_EQ(flow.Next().what, SerialDo::kNothing);
}

TEST(SerialStreamFlow, ReadsTheNextMessageWhileOneIsWorkedOnAndNoMore) {
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.Arrived(1);
  EXPECT_EQ(flow.Next().what, SerialDo::kNothing)
      << "the second message waits, a third is not read";
  flow.WorkDone(absl::OkStatus(), 1);
  EXPECT_EQ(flow.Next().what, SerialDo::kWrite);
  EXPECT_EQ(flow.Next().what, SerialDo::kWork) << "while the answer is written";
  EXPECT_EQ(flow.Next().what, SerialDo::kRead);
}

TEST(SerialStreamFlow, HoldsTwoAnswersOfAClientThatDoesNotRead) {
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.WorkDone(absl::OkStatus(), 1);
  EXPECT_EQ(flow.Next().what, SerialDo::kWrite);
  flow.Arrived(1);
  EXPECT_EQ(flow.Next().what, SerialDo::kWork);
  EXPECT_EQ(flow.Next().what, SerialDo::kRead);
  flow.Arrived(1);
  flow.WorkDone(absl::OkStatus(), 1);
  EXPECT_EQ(flow.Next().what, SerialDo::kNothing) << "one is written, one waits";
  flow.InputClosed();
  flow.WriteDone();
  EXPECT_EQ(flow.Next().what, SerialDo::kWrite);
  EXPECT_EQ(flow.Next().what, SerialDo::kWork);
  flow.WorkDone(absl::OkStatus(), 1);
  EXPECT_EQ(flow.Next().what, SerialDo::kNothing);
  flow.WriteDone();
  EXPECT_EQ(flow.Next().what, SerialDo::kWrite);
  EXPECT_EQ(flow.Next().what, SerialDo::kNothing) << "the last answer is not written yet";
  flow.WriteDone();
  EXPECT_EQ(flow.Next().what, SerialDo::kFinish);
}

TEST(SerialStreamFlow, AMessageWithoutAnAnswerLetsTheNextBegin) {
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.Arrived(1);
  flow.WorkDone(absl::OkStatus(), std::nullopt);
  EXPECT_EQ(flow.Next().what, SerialDo::kWork);
}

TEST(SerialStreamFlow, EndsWhenTheClientHasClosedAndAllIsAnswered) {
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.InputClosed();
  EXPECT_EQ(flow.Next().what, SerialDo::kNothing);
  flow.WorkDone(absl::OkStatus(), 1);
  EXPECT_EQ(flow.Next().what, SerialDo::kWrite);
  EXPECT_EQ(flow.Next().what, SerialDo::kNothing);
  flow.WriteDone();
  const SerialStreamFlow::Action end = flow.Next();
  EXPECT_EQ(end.what, SerialDo::kFinish);
  EXPECT_TRUE(end.status.ok());
  EXPECT_EQ(flow.Next().what, SerialDo::kNothing) << "the end comes once";
}

TEST(SerialStreamFlow, AFailureEndsItWithoutTheMessageBehind) {
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.Arrived(1);
  flow.WorkDone(absl::InvalidArgumentError("bad"), 1);
  const SerialStreamFlow::Action end = flow.Next();
  EXPECT_EQ(end.what, SerialDo::kFinish);
  EXPECT_EQ(end.status, absl::InvalidArgumentError("bad"));
}

TEST(SerialStreamFlow, WhatIsBeingWorkedOnIsAnsweredBeforeTheEnd) {
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.End(absl::UnavailableError("draining"));
  flow.End(absl::CancelledError("gone"));
  EXPECT_EQ(flow.Next().what, SerialDo::kNothing);
  flow.WorkDone(absl::OkStatus(), 1);
  EXPECT_EQ(flow.Next().what, SerialDo::kWrite);
  EXPECT_EQ(flow.Next().what, SerialDo::kNothing);
  flow.WriteDone();
  const SerialStreamFlow::Action end = flow.Next();
  EXPECT_EQ(end.what, SerialDo::kFinish);
  EXPECT_EQ(end.status, absl::UnavailableError("draining")) << "the first reason counts";
}

TEST(SerialStreamFlow, AnIdleStreamEndsAtOnceThoughAReadIsOut) {
  SerialStreamFlow flow;
  ASSERT_EQ(flow.Next().what, SerialDo::kRead);
  flow.End(absl::UnavailableError("draining"));
  EXPECT_EQ(flow.Next().what, SerialDo::kFinish);
}

TEST(SerialStreamFlow, AnAnswerThatCannotBeWrittenEndsIt) {
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.WorkDone(absl::OkStatus(), 1);
  ASSERT_EQ(flow.Next().what, SerialDo::kWrite);
  flow.End(absl::CancelledError());
  EXPECT_EQ(flow.Next().what, SerialDo::kNothing);
  flow.WriteDone();
  const SerialStreamFlow::Action end = flow.Next();
  EXPECT_EQ(end.what, SerialDo::kFinish);
  EXPECT_TRUE(absl::IsCancelled(end.status));
}

// What a stream is charged for next; nothing if it does something else.
int64_t NextCharge(SerialStreamFlow& flow) {
  const SerialStreamFlow::Action action = flow.Next();
  EXPECT_EQ(action.what, SerialDo::kCharge);
  return action.bytes;
}

TEST(SerialStreamFlow, IsChargedForAMessageBeforeItIsWorkedOn) {
  SerialStreamFlow flow;
  ASSERT_EQ(flow.Next().what, SerialDo::kRead);
  flow.Arrived(1'000'000);
  EXPECT_EQ(NextCharge(flow), ChargeFor(1'000'000));
  flow.End(absl::ResourceExhaustedError("full"));
  EXPECT_EQ(flow.Next().what, SerialDo::kFinish);
}

TEST(SerialStreamFlow, IsChargedForTheMessageThatWaitsAndForTheAnswerThatNobodyReads) {
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.Arrived(1'000'000);
  EXPECT_EQ(NextCharge(flow), ChargeFor(1'000'001));
  flow.WorkDone(absl::OkStatus(), 2'000'000);
  EXPECT_EQ(NextCharge(flow), ChargeFor(3'000'001));
  EXPECT_EQ(flow.Next().what, SerialDo::kWrite);
  const SerialStreamFlow::Action work = flow.Next();
  EXPECT_EQ(work.what, SerialDo::kWork);
  EXPECT_EQ(work.bytes, 1'000'000);
  EXPECT_EQ(flow.Next().what, SerialDo::kRead);
  flow.WriteDone();
  EXPECT_EQ(NextCharge(flow), ChargeFor(1'000'001));
}

TEST(SerialStreamFlow, IsChargedForAnAnswersPlaceThatIsKeptAndForTheBytesThatAreWritten) {
  constexpr int64_t kKept = SerialStreamFlow::kMostKeptBytes;
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.WorkDone(absl::OkStatus(), kKept);
  EXPECT_EQ(NextCharge(flow), ChargeFor(kKept + 1));
  EXPECT_EQ(flow.Next().what, SerialDo::kWrite);
  EXPECT_EQ(NextCharge(flow), ChargeFor(2 * kKept + 1));
  flow.Arrived(1);
  EXPECT_EQ(flow.Next().what, SerialDo::kWork);
  EXPECT_EQ(flow.Next().what, SerialDo::kRead);
  flow.WorkDone(absl::OkStatus(), kKept);
  EXPECT_EQ(flow.Next().what, SerialDo::kNothing) << "no more than before";
  flow.WriteDone();
  EXPECT_EQ(NextCharge(flow), ChargeFor(kKept + 2));
  EXPECT_EQ(flow.Next().what, SerialDo::kWrite);
  EXPECT_EQ(NextCharge(flow), ChargeFor(2 * kKept + 2));
  flow.WriteDone();
  EXPECT_EQ(NextCharge(flow), ChargeFor(kKept + 2)) << "the place";
}

TEST(SerialStreamFlow, WhatWasDoneIsToldThoughThereIsNoRoomForItsAnswer) {
  SerialStreamFlow flow;
  BeginWork(flow);
  flow.WorkDone(absl::OkStatus(), 2'000'000);
  NextCharge(flow);
  flow.End(absl::ResourceExhaustedError("full"));
  EXPECT_EQ(flow.Next().what, SerialDo::kWrite);
}

TEST(SerialStreamFlow, MessagesAreKeptUnlessTheyAreLarge) {
  for (const bool large : {false, true}) {
    SerialStreamFlow flow;
    ASSERT_EQ(flow.Next().what, SerialDo::kRead);
    const int64_t bytes = SerialStreamFlow::kMostKeptBytes + (large ? 1 : 0);
    flow.Arrived(bytes);
    NextCharge(flow);
    ASSERT_EQ(flow.Next().what, SerialDo::kWork);
    ASSERT_EQ(flow.Next().what, SerialDo::kRead);
    flow.WorkDone(absl::OkStatus(), std::nullopt);
    if (large) {
      EXPECT_EQ(NextCharge(flow), kLeastCallBytes);
    }
    EXPECT_EQ(flow.Next().what, SerialDo::kNothing);
  }
}

}  // namespace
}  // namespace cellar
