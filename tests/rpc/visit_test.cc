#include "server/rpc/visit.h"

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/notification.h"
#include "cellar/v1/session_service.grpc.pb.h"
#include "gtest/gtest.h"
#include "server/identity/authentication.h"
#include "server/identity/identities.h"
#include "server/rpc/left_to_the_end.h"
#include "server/rpc/raw_service.h"
#include "server/rpc/wires.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/queue_server.h"
#include "tests/testing/raw_call.h"
#include "tests/testing/rich_error.h"

namespace cellar {
namespace {

using ReadWire = StreamWire<v1::StreamStepsResponse>;

constexpr int64_t kMaxMessageBytes = 1'000'000;
constexpr int64_t kMaxCallBytes = 2'000'000;

// Of a field that nobody knows, of no bytes: takes some 30 times as much in memory.
std::string UnknownParts(int count) {
  return absl::StrJoin(std::vector<absl::string_view>(count, {"\x7a\x00", 2}), "");
}

// Reads one message of a stream, notes what came of it, and ends the call when the test says so.
class OneReader final : public Reactor {
 public:
  OneReader(Api& api, Admission& admission, ReadWire& wire)
      : visit(api, admission, wire, *v1::StreamStepsRequest::descriptor()), wire_(wire) {}

  void Begin() {
    begun_on = std::this_thread::get_id();
    absl::Status entered = visit.Identify();
    if (entered.ok()) entered = visit.Enter();
    if (!entered.ok()) return visit.Finish(entered);
    wire_.Read(&incoming_);
  }

  Visit visit;
  std::thread::id begun_on;
  std::thread::id read_on;
  v1::StreamStepsRequest message;
  absl::StatusOr<int64_t> bytes = 0;
  absl::Notification reading;
  absl::Notification read;
  absl::Notification cancelled;
  absl::Notification done;

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    visit.Read(incoming_, &message, [this](absl::StatusOr<int64_t> came) {
      read_on = std::this_thread::get_id();
      bytes = std::move(came);
      read.Notify();
    });
    reading.Notify();
  }
  void OnCancel() override {
    visit.Cancel();
    cancelled.Notify();
  }
  void OnDone() override {
    visit.Leave();
    done.Notify();
  }

  ReadWire& wire_;
  Incoming incoming_;
};

// A worker that is busy until it is let go.
class BusyWorker {
 public:
  explicit BusyWorker(Scheduler& scheduler) {
    Task task;
    task.cost = Task::kDear;
    task.run = [let_go = let_go_](const absl::Status&) { let_go->WaitForNotification(); };
    EXPECT_TRUE(scheduler.ScheduleAlone(std::move(task)).ok());
  }
  ~BusyWorker() { LetGo(); }
  void LetGo() {
    if (!let_go_->HasBeenNotified()) let_go_->Notify();
  }

 private:
  // The worker's too, which may look at it last.
  const std::shared_ptr<absl::Notification> let_go_ = std::make_shared<absl::Notification>();
};

class VisitTest : public testing::Test {
 protected:
  static ApiFixtureOptions Options() {
    ApiFixtureOptions options;
    options.limits.max_message_bytes = kMaxMessageBytes;
    options.limits.max_call_bytes = kMaxCallBytes;
    return options;
  }

  void Serve(CallQueue& queue) {
    ReadWire::Serve(queue, service_, "StreamSteps", [this](ReadWire& wire) {
      reader_ = std::make_unique<OneReader>(fixture_.api(), admission_, wire);
      reader_->Begin();
      begun_.Notify();
      return reader_.get();
    });
  }

  // Has a message read that takes at least so many bytes on the wire.
  OneReader& Send(size_t bytes) {
    v1::StreamStepsRequest message;
    message.mutable_open()->set_session(std::string(bytes, 'x'));
    return Send(message);
  }

  OneReader& Send(const v1::StreamStepsRequest& message) {
    call().Write(message.SerializeAsString());
    begun_.WaitForNotification();
    return *reader_;
  }

  // The same with so many bytes of numbers.
  OneReader& SendNumbers(size_t bytes) {
    v1::StreamStepsRequest message;
    message.mutable_step()->mutable_inputs()->set_raw(std::string(bytes, 'x'));
    return Send(message);
  }

  // The call, which begins when it is asked for.
  RawCall& call() {
    if (!call_.has_value()) {
      call_.emplace(server_.InProcessChannel(), "/cellar.v1.SessionService/StreamSteps");
    }
    return *call_;
  }

  ApiFixture fixture_{Options()};
  const Identities identities_{""};
  const Authentication authentication_{identities_, fixture_.clock()};
  Admission admission_{authentication_, nullptr};
  absl::Notification begun_;
  std::unique_ptr<OneReader> reader_;
  RawService service_{*v1::StreamStepsRequest::descriptor()->file()};
  QueueServer server_{service_, [this](CallQueue& queue) { Serve(queue); }};
  std::optional<RawCall> call_;
};

TEST_F(VisitTest, AShortMessageIsReadAtOnce) {
  const BusyWorker busy(fixture_.api().scheduler);
  OneReader& reader = Send(1000);
  reader.read.WaitForNotification();
  EXPECT_EQ(reader.read_on, reader.begun_on);
  EXPECT_EQ(reader.message.open().session().size(), 1000u);
  EXPECT_EQ(*reader.bytes, static_cast<int64_t>(reader.message.SpaceUsedLong()));
  EXPECT_EQ(admission_.inside(), 1);
  EXPECT_EQ(fixture_.api().call_bytes.total(), kLeastCallBytes);
  reader.visit.Finish(absl::OkStatus());
  EXPECT_TRUE(call().Finish().ok());
  reader.done.WaitForNotification();
  EXPECT_EQ(admission_.inside(), 0);
  EXPECT_EQ(fixture_.api().call_bytes.total(), 0);
}

TEST_F(VisitTest, ALongMessageOfNumbersIsReadAtOnceToo) {
  const BusyWorker busy(fixture_.api().scheduler);
  OneReader& reader = SendNumbers(kQuickNumberBytes);
  reader.read.WaitForNotification();
  EXPECT_EQ(reader.read_on, reader.begun_on);
  EXPECT_EQ(*reader.bytes, static_cast<int64_t>(reader.message.SpaceUsedLong()));
  EXPECT_EQ(fixture_.api().call_bytes.total(), kLeastCallBytes) << "the stream is to hold it";
  reader.visit.Finish(absl::OkStatus());
  reader.done.WaitForNotification();
}

TEST_F(VisitTest, ALongMessageOfNumbersThatNothingHasRoomForIsNotRead) {
  CallBytes others(fixture_.api().call_bytes, "others");
  ASSERT_TRUE(others.Set(kMaxCallBytes - kLeastCallBytes).ok());
  OneReader& reader = SendNumbers(kQuickNumberBytes);
  reader.read.WaitForNotification();
  EXPECT_EQ(GetErrorReason(reader.bytes.status()), "CALL_BYTES_LIMIT");
  reader.visit.Finish(reader.bytes.status());
  reader.done.WaitForNotification();
}

TEST_F(VisitTest, AMessageOfManyPartsIsToldToTakeWhatItTakes) {
  call().Write(UnknownParts(500));
  begun_.WaitForNotification();
  reader_->read.WaitForNotification();
  EXPECT_GT(*reader_->bytes, 20 * 1000);
  reader_->visit.Finish(absl::OkStatus());
  reader_->done.WaitForNotification();
}

TEST_F(VisitTest, ALongMessageWaitsForAWorkerAndIsChargedMeanwhile) {
  BusyWorker busy(fixture_.api().scheduler);
  OneReader& reader = Send(500'000);
  reader.reading.WaitForNotification();
  EXPECT_FALSE(reader.read.HasBeenNotified());
  EXPECT_GT(fixture_.api().call_bytes.total(), 500'000);
  busy.LetGo();
  reader.read.WaitForNotification();
  EXPECT_NE(reader.read_on, reader.begun_on);
  EXPECT_GT(*reader.bytes, 500'000);
  EXPECT_EQ(reader.message.open().session().size(), 500'000u);
  reader.visit.Finish(absl::OkStatus());
  EXPECT_TRUE(call().Finish().ok());
  reader.done.WaitForNotification();
  EXPECT_EQ(fixture_.api().call_bytes.total(), 0);
}

TEST_F(VisitTest, ACallIsNotDoneBeforeItsMessageIsRead) {
  BusyWorker busy(fixture_.api().scheduler);
  OneReader& reader = Send(500'000);
  reader.reading.WaitForNotification();
  reader.visit.Finish(absl::CancelledError("the end"));
  EXPECT_EQ(call().Finish().error_message(), "the end");
  EXPECT_FALSE(reader.done.HasBeenNotified());
  busy.LetGo();
  reader.done.WaitForNotification();
  EXPECT_TRUE(reader.read.HasBeenNotified());
  EXPECT_EQ(reader.bytes.status().code(), absl::StatusCode::kCancelled) << "nobody wants it";
  EXPECT_FALSE(reader.message.has_open());
}

TEST_F(VisitTest, NobodyReadsForWhoHasGone) {
  BusyWorker busy(fixture_.api().scheduler);
  OneReader& reader = Send(500'000);
  reader.reading.WaitForNotification();
  call().context().TryCancel();
  reader.cancelled.WaitForNotification();
  busy.LetGo();
  reader.read.WaitForNotification();
  EXPECT_EQ(reader.bytes.status().code(), absl::StatusCode::kCancelled);
  EXPECT_FALSE(reader.message.has_open());
  reader.visit.Finish(reader.bytes.status());
  reader.done.WaitForNotification();
}

TEST_F(VisitTest, AMessageThatIsTooLongIsNotRead) {
  OneReader& reader = Send(kMaxMessageBytes);
  reader.read.WaitForNotification();
  EXPECT_EQ(GetErrorReason(reader.bytes.status()), "MESSAGE_SIZE_LIMIT");
  EXPECT_FALSE(reader.message.has_open());
  reader.visit.Finish(reader.bytes.status());
  EXPECT_EQ(SentReason(call().Finish()), "MESSAGE_SIZE_LIMIT");
  reader.done.WaitForNotification();
}

TEST_F(VisitTest, AMessageThatNothingHasRoomForIsNotRead) {
  CallBytes others(fixture_.api().call_bytes, "others");
  ASSERT_TRUE(others.Set(kMaxCallBytes - 500'000).ok());
  OneReader& reader = Send(500'000);
  reader.read.WaitForNotification();
  EXPECT_EQ(GetErrorReason(reader.bytes.status()), "CALL_BYTES_LIMIT");
  reader.visit.Finish(reader.bytes.status());
  reader.done.WaitForNotification();
}

TEST_F(VisitTest, HoldsWhatItIsToldButNeverLessThanACallTakes) {
  OneReader& reader = Send(1);
  reader.read.WaitForNotification();
  EXPECT_TRUE(reader.visit.SetBytes(1'000'000).ok());
  EXPECT_EQ(fixture_.api().call_bytes.total(), 1'000'000);
  EXPECT_TRUE(reader.visit.SetBytes(1).ok());
  EXPECT_EQ(fixture_.api().call_bytes.total(), kLeastCallBytes);
  EXPECT_EQ(GetErrorReason(reader.visit.SetBytes(kMaxCallBytes + 1)), "CALL_BYTES_LIMIT");
  EXPECT_EQ(fixture_.api().call_bytes.total(), kLeastCallBytes);
  reader.visit.Finish(absl::OkStatus());
  reader.done.WaitForNotification();
}

TEST_F(VisitTest, WhoComesDuringTheDrainIsNotLetIn) {
  admission_.StartDraining();
  OneReader& reader = Send(1);
  EXPECT_EQ(SentReason(call().Finish()), "DRAINING");
  reader.done.WaitForNotification();
  EXPECT_EQ(admission_.inside(), 0);
  EXPECT_EQ(fixture_.api().call_bytes.total(), 0);
}

// What works for a call may ask whether anybody waits for it, after the call has ended.
TEST_F(VisitTest, WhatHandlersKnowOutlivesTheCall) {
  OneReader& reader = Send(1);
  reader.read.WaitForNotification();
  const Call told = reader.visit.ForHandler();
  EXPECT_FALSE(told.cancelled());
  call().context().TryCancel();
  reader.cancelled.WaitForNotification();
  reader.visit.Finish(absl::OkStatus());
  reader.done.WaitForNotification();
  reader_.reset();
  EXPECT_TRUE(told.cancelled());
}

TEST_F(VisitTest, AMessageThatTakesMoreMemoryThanThereIsRoomForIsGivenBackWhereItWasRead) {
  call().Write(UnknownParts(kMaxCallBytes / 40));
  begun_.WaitForNotification();
  reader_->read.WaitForNotification();
  EXPECT_NE(reader_->read_on, reader_->begun_on) << "it is long";
  EXPECT_EQ(GetErrorReason(reader_->bytes.status()), "CALL_BYTES_LIMIT");
  EXPECT_LT(reader_->message.SpaceUsedLong(), 1000u);
  EXPECT_EQ(fixture_.api().call_bytes.total(), kLeastCallBytes);
  reader_->visit.Finish(reader_->bytes.status());
  reader_->done.WaitForNotification();
}

TEST_F(VisitTest, SoIsAShortOne) {
  CallBytes others(fixture_.api().call_bytes, "others");
  ASSERT_TRUE(others.Set(kMaxCallBytes - 50'000).ok());
  call().Write(UnknownParts(kLongMessageBytes / 2 - 1));
  begun_.WaitForNotification();
  reader_->read.WaitForNotification();
  EXPECT_EQ(reader_->read_on, reader_->begun_on);
  EXPECT_EQ(GetErrorReason(reader_->bytes.status()), "CALL_BYTES_LIMIT");
  EXPECT_LT(reader_->message.SpaceUsedLong(), 1000u);
  reader_->visit.Finish(reader_->bytes.status());
  reader_->done.WaitForNotification();
}

TEST_F(VisitTest, WhatWasReadOfAMessageThatIsNoneIsGivenBack) {
  call().Write(UnknownParts(kLongMessageBytes) + "\x7a");
  begun_.WaitForNotification();
  reader_->read.WaitForNotification();
  EXPECT_EQ(GetErrorReason(reader_->bytes.status()), "BAD_REQUEST");
  EXPECT_LT(reader_->message.SpaceUsedLong(), 1000u);
  reader_->visit.Finish(reader_->bytes.status());
  reader_->done.WaitForNotification();
}

TEST_F(VisitTest, WhatIsReadOfAMessageWhenTheEndIsForcedIsLeftToTheEndOfTheProcess) {
  OneReader& reader = Send(1000);
  reader.read.WaitForNotification();
  const size_t before = LeftToTheEnd();
  reader.visit.LeaveIfForced(reader.message);
  EXPECT_TRUE(reader.message.has_open()) << "nothing is forced";
  admission_.StartDraining();
  EXPECT_FALSE(admission_.AwaitEmpty(absl::ZeroDuration()));
  reader.visit.LeaveIfForced(reader.message);
  EXPECT_FALSE(reader.message.has_open());
  EXPECT_EQ(LeftToTheEnd(), before + 1);
  reader.visit.Finish(absl::OkStatus());
  reader.done.WaitForNotification();
}

TEST_F(VisitTest, WhatAWorkerShouldGiveBackIsLeftToo) {
  OneReader& reader = Send(1);
  reader.read.WaitForNotification();
  auto given_back = std::make_shared<int>(1);
  auto left = std::make_shared<int>(2);
  const std::weak_ptr<int> seen_given_back = given_back;
  const std::weak_ptr<int> seen_left = left;
  reader.visit.GiveBackOnWorker(std::move(given_back), 100'000);
  fixture_.api().scheduler.Drain();
  EXPECT_TRUE(seen_given_back.expired());
  admission_.StartDraining();
  {
    const BusyWorker busy(fixture_.api().scheduler);
    reader.visit.GiveBackOnWorker(std::move(left), 100'000);
    EXPECT_EQ(fixture_.api().call_bytes.total(), kLeastCallBytes + 100'000);
    EXPECT_FALSE(admission_.AwaitEmpty(absl::ZeroDuration())) << "forced while it waits";
  }
  fixture_.api().scheduler.Drain();
  EXPECT_FALSE(seen_left.expired());
  EXPECT_EQ(fixture_.api().call_bytes.total(), kLeastCallBytes);
  reader.visit.Finish(absl::OkStatus());
  reader.done.WaitForNotification();
}

TEST_F(VisitTest, AMessageThatIsGivenUpWhenTheEndIsForcedIsLeft) {
  BusyWorker busy(fixture_.api().scheduler);
  call().Write(UnknownParts(kLongMessageBytes) + "\x7a");
  begun_.WaitForNotification();
  reader_->reading.WaitForNotification();
  admission_.StartDraining();
  EXPECT_FALSE(admission_.AwaitEmpty(absl::ZeroDuration()));
  const size_t before = LeftToTheEnd();
  busy.LetGo();
  reader_->read.WaitForNotification();
  EXPECT_EQ(GetErrorReason(reader_->bytes.status()), "BAD_REQUEST");
  EXPECT_EQ(LeftToTheEnd(), before + 1);
  reader_->visit.Finish(reader_->bytes.status());
  reader_->done.WaitForNotification();
}

}  // namespace
}  // namespace cellar
