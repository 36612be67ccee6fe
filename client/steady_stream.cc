#include "client/steady_stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/call_status.h"

namespace cellar {
namespace {

// So long each try to come back waits for a connection. Waiting is better than asking again: gRPC
// connects while it is waited for, not while this thread sleeps.
constexpr absl::Duration kConnectTimeout = absl::Seconds(3);

// So long at most nobody is asked whether the wait is over.
constexpr absl::Duration kLongestPause = absl::Milliseconds(100);

absl::Status MadeHere(grpc::StatusCode code, const std::string& message) {
  return FromCall(grpc::Status(code, message));
}

// Whether it is the server that is gone, and not a limit that passes.
bool IsAway(const absl::Status& status) {
  const std::string reason = GetCallError(status).reason;
  return reason.empty() || reason == "DRAINING";
}

SteadyStreamOptions Corrected(SteadyStreamOptions options) {
  options.max_unanswered = std::max<size_t>(1, options.max_unanswered);
  return options;
}

v1::StreamStepsRequest StepMessage(const v1::Tensor& inputs) {
  v1::StreamStepsRequest request;
  *request.mutable_step()->mutable_inputs() = inputs;
  return request;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SteadyStream>> SteadyStream::Open(v1::SessionService::Stub& stub,
                                                                 SteadyStreamOptions options) {
  std::unique_ptr<SteadyStream> stream(new SteadyStream(stub, Corrected(std::move(options))));
  absl::Status status = stream->Connect();
  if (!status.ok()) status = stream->Reconnect(status);
  if (!status.ok()) return status;
  return stream;
}

void SteadyStream::Send(v1::Tensor inputs) {
  pending_.push_back(std::move(inputs));
  if (wire_ != nullptr) wire_->Write(StepMessage(pending_.back()), Deadline());
}

absl::StatusOr<v1::StepResponse> SteadyStream::Receive() {
  if (!ended_.ok()) return ended_;
  for (;;) {
    std::optional<v1::StreamStepsResponse> answer;
    if (wire_ != nullptr) answer = wire_->Read(Deadline());
    if (!answer.has_value()) {
      ended_ = Reconnect(Break());
      if (!ended_.ok()) return ended_;
      continue;
    }
    const absl::StatusOr<bool> waited_for = TakeAnswer(*answer);
    ended_ = waited_for.status();
    if (!ended_.ok()) return ended_;
    if (*waited_for) return std::move(*answer->mutable_step());
  }
}

absl::Status SteadyStream::Close() {
  if (!ended_.ok()) return ended_;
  ended_ = MadeHere(grpc::StatusCode::FAILED_PRECONDITION, "the stream was closed");
  if (wire_ == nullptr) return absl::OkStatus();
  if (wire_->WritesDone(Deadline())) wire_->Read(Deadline());  // nothing: the server ends, too
  const absl::Status status = FromCall(std::exchange(wire_, nullptr)->Finish());
  // Every step was answered, so a connection that broke since then took nothing along.
  return IsBrokenTransport(status) ? absl::OkStatus() : status;
}

absl::Status SteadyStream::Connect() {
  wire_ = std::make_unique<StepWire>(
      stub_, IsExpected() ? StepWire::Unconnected::kWaits : StepWire::Unconnected::kFails,
      options_.waiting.is_over);
  v1::StreamStepsRequest request;
  v1::StreamStepsOpen& open = *request.mutable_open();
  open.set_session(options_.session);
  open.set_view(options_.view);
  open.set_density(options_.density);
  open.set_encoding(v1::ENCODING_VALUES);
  if (opened_once_) {
    open.set_resume_from(resume_at_);
  } else if (options_.resume_from.has_value()) {
    open.set_resume_from(*options_.resume_from);
  }
  const absl::Time connect_deadline = IsExpected() ? absl::Now() + kConnectTimeout : Deadline();
  const bool connected = wire_->Write(request, connect_deadline) || !wire_->timed_out();
  if (!connected && IsExpected()) {
    wire_ = nullptr;
    return MadeHere(grpc::StatusCode::UNAVAILABLE, "the server does not come back");
  }
  std::optional<v1::StreamStepsResponse> answer;
  if (connected) answer = wire_->Read(Deadline());
  if (!answer.has_value()) return Break();
  if (!answer->has_opened()) {
    wire_ = nullptr;
    return BrokenPromise("a stream that does not begin with `opened`");
  }
  if (!opened_once_) next_step_ = options_.resume_from.value_or(answer->opened().next_step());
  epoch_ = answer->opened().server_epoch();
  if (!opened_once_) answered_epoch_ = epoch_;
  opened_once_ = true;
  WriteWhatIsDue();
  return absl::OkStatus();
}

void SteadyStream::WriteWhatIsDue() {
  repeats_due_ = 0;
  if (const std::optional<size_t> first = kept_.Find(resume_at_)) {
    repeats_due_ = kept_.size() - *first;
    for (size_t place = *first; place < kept_.size(); ++place) {
      if (!wire_->Write(StepMessage(kept_[place].inputs), Deadline())) return;
    }
  }
  for (const v1::Tensor& inputs : pending_) {
    if (!wire_->Write(StepMessage(inputs), Deadline())) return;
  }
}

absl::Status SteadyStream::Break() {
  if (wire_ == nullptr) return MadeHere(grpc::StatusCode::UNAVAILABLE, "the stream is broken");
  const bool timed_out = wire_->timed_out();
  const grpc::Status status = std::exchange(wire_, nullptr)->Finish();
  if (timed_out) return MadeHere(grpc::StatusCode::DEADLINE_EXCEEDED, "no answer in time");
  // A server that ends a stream in good order while answers are due has gone all the same.
  if (status.ok()) return MadeHere(grpc::StatusCode::UNAVAILABLE, "the server ended the stream");
  return FromCall(status);
}

absl::Status SteadyStream::Reconnect(absl::Status status) {
  const RetryPolicy& policy = IsExpected() ? options_.retry : options_.open_retry;
  resume_at_ = next_step_;
  while (!status.ok()) {
    if (IsOver()) {
      return MadeHere(grpc::StatusCode::CANCELLED,
                      "the server is not waited for any longer; steps without an answer may have "
                      "been made");
    }
    if (!GoBack(status)) {
      ++failed_attempts_;
      // Sending again is safe: the server knows the steps by their index.
      const bool worth_it = ShouldRetry(status, Repeat::kSafe);
      if (!worth_it || failed_attempts_ >= policy.max_attempts) return status;
      if (IsExpected() && !waits_ && IsAway(status)) {
        waits_ = true;
        if (options_.waiting.begins != nullptr) options_.waiting.begins();
      }
      Pause(
          RetryDelay(policy, failed_attempts_, RandomFraction(), GetCallError(status).retry_delay));
    }
    if (opened_once_) ++reconnect_count_;
    status = Connect();
  }
  if (std::exchange(waits_, false) && options_.waiting.ends != nullptr) options_.waiting.ends();
  return absl::OkStatus();
}

void SteadyStream::Pause(absl::Duration delay) {
  if (options_.waiting.is_over == nullptr) return options_.sleep(delay);
  for (; delay > absl::ZeroDuration() && !IsOver(); delay -= kLongestPause) {
    options_.sleep(std::min(delay, kLongestPause));
  }
}

bool SteadyStream::GoBack(const absl::Status& status) {
  const CallError error = GetCallError(status);
  const auto metadata = error.metadata.find("next_step");
  const auto epoch = error.metadata.find("server_epoch");
  int64_t next_step = 0;
  if (error.reason != "STEP_GAP" || metadata == error.metadata.end() ||
      !absl::SimpleAtoi(metadata->second, &next_step)) {
    return false;
  }
  // The run that answered the steps still has all that nobody took back.
  if ((epoch == error.metadata.end() ? epoch_ : epoch->second) == answered_epoch_) return false;
  // Earlier every time, and so never for ever.
  if (next_step >= resume_at_ || !kept_.Find(next_step).has_value()) return false;
  resume_at_ = next_step;
  return true;
}

absl::StatusOr<bool> SteadyStream::TakeAnswer(const v1::StreamStepsResponse& answer) {
  const v1::StepResponse& step = answer.step();
  absl::Status status;
  if (repeats_due_ > 0) {
    status = kept_.CheckAgain(kept_.size() - repeats_due_, step);
    if (status.ok()) --repeats_due_;
  } else if (!answer.has_step() || step.first_step() != next_step_ || step.step_count() < 1) {
    status = BrokenPromise(absl::StrCat("an answer for step ", step.first_step(), " where step ",
                                        next_step_, " was due"));
  } else {
    next_step_ += step.step_count();
    kept_.Add(std::move(pending_.front()), step);
    pending_.pop_front();
    failed_attempts_ = 0;
    answered_epoch_ = epoch_;
    return true;
  }
  if (!status.ok()) {
    wire_ = nullptr;
    return status;
  }
  failed_attempts_ = 0;
  answered_epoch_ = epoch_;
  return false;
}

}  // namespace cellar
