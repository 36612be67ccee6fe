#include "client/step_wire.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace cellar {
namespace {

// Soon enough for a person who does not want to wait any longer.
constexpr absl::Duration kLongestWait = absl::Milliseconds(100);

}  // namespace

StepWire::StepWire(v1::SessionService::Stub& stub, Unconnected unconnected,
                   std::function<bool()> is_over)
    : is_over_(std::move(is_over)), call_(stub.PrepareAsyncStreamSteps(&context_, &queue_)) {
  context_.set_wait_for_ready(unconnected == Unconnected::kWaits);
  call_->StartCall(Tag(Event::kStarted));
}

StepWire::~StepWire() {
  Finish();
  queue_.Shutdown();
  while (Pump(absl::InfiniteFuture())) {
  }
}

bool StepWire::Write(const v1::StreamStepsRequest& request, absl::Time deadline) {
  timed_out_ = false;
  if (!AwaitWrite(deadline)) return false;
  write_in_flight_ = true;
  call_->Write(request, Tag(Event::kWritten));
  return AwaitWrite(deadline);
}

bool StepWire::WritesDone(absl::Time deadline) {
  timed_out_ = false;
  if (!AwaitWrite(deadline)) return false;
  write_in_flight_ = true;
  call_->WritesDone(Tag(Event::kWritesDone));
  return AwaitWrite(deadline);
}

std::optional<v1::StreamStepsResponse> StepWire::Read(absl::Time deadline) {
  timed_out_ = false;
  while (answers_.empty() && alive_) {
    if (!PumpWhileWanted(deadline)) {
      timed_out_ = true;
      return std::nullopt;
    }
  }
  if (answers_.empty()) return std::nullopt;
  v1::StreamStepsResponse answer = std::move(answers_.front());
  answers_.pop_front();
  return answer;
}

grpc::Status StepWire::Finish() {
  if (finished_) return status_;
  if (alive_) context_.TryCancel();
  while (alive_ || write_in_flight_) Pump(absl::InfiniteFuture());
  call_->Finish(&status_, Tag(Event::kFinished));
  while (!finished_) Pump(absl::InfiniteFuture());
  return status_;
}

bool StepWire::AwaitWrite(absl::Time deadline) {
  while (write_in_flight_) {
    if (!PumpWhileWanted(deadline)) {
      timed_out_ = true;
      return false;
    }
  }
  return !write_failed_;
}

bool StepWire::PumpWhileWanted(absl::Time deadline) {
  if (is_over_ == nullptr) return Pump(deadline);
  while (!is_over_()) {
    const absl::Time now = absl::Now();
    if (Pump(std::min(deadline, now + kLongestWait))) return true;
    if (now >= deadline) return false;
  }
  return false;
}

bool StepWire::Pump(absl::Time deadline) {
  void* tag = nullptr;
  bool ok = false;
  // gRPC takes a time before 1970 for an infinite one.
  const absl::Time until = std::max(deadline, absl::UnixEpoch());
  const auto next = queue_.AsyncNext(&tag, &ok, absl::ToChronoTime(until));
  if (next != grpc::CompletionQueue::GOT_EVENT) return false;
  switch (static_cast<Event>(reinterpret_cast<uintptr_t>(tag))) {
    case Event::kStarted:
      // A call that could not start fails its reads; one read is enough to learn it.
      write_in_flight_ = false;
      call_->Read(&incoming_, Tag(Event::kRead));
      break;
    case Event::kWritten:
    case Event::kWritesDone:
      write_in_flight_ = false;
      write_failed_ = write_failed_ || !ok;
      break;
    case Event::kRead:
      alive_ = ok;
      if (!ok) break;
      answers_.push_back(std::exchange(incoming_, v1::StreamStepsResponse()));
      call_->Read(&incoming_, Tag(Event::kRead));
      break;
    case Event::kFinished:
      finished_ = true;
      break;
  }
  return true;
}

void* StepWire::Tag(Event event) {
  // A completion queue's tag is a pointer that nobody follows.
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  return reinterpret_cast<void*>(static_cast<uintptr_t>(event));
}

}  // namespace cellar
