#include "client/step_stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/call_status.h"

namespace cellar {
namespace {

absl::Status MadeHere(grpc::StatusCode code, const std::string& message) {
  return FromCall(grpc::Status(code, message));
}

StepStreamOptions Corrected(StepStreamOptions options) {
  options.max_unanswered = std::max<size_t>(1, options.max_unanswered);
  return options;
}

v1::StreamStepsRequest StepMessage(const v1::Tensor& inputs) {
  v1::StreamStepsRequest request;
  *request.mutable_step()->mutable_inputs() = inputs;
  return request;
}

}  // namespace

absl::StatusOr<std::unique_ptr<StepStream>> StepStream::Open(v1::SessionService::Stub& stub,
                                                             StepStreamOptions options) {
  std::unique_ptr<StepStream> stream(new StepStream(stub, Corrected(std::move(options))));
  absl::Status status = stream->Connect();
  if (!status.ok()) status = stream->Reconnect(status);
  if (!status.ok()) return status;
  return stream;
}

void StepStream::Send(v1::Tensor inputs) {
  pending_.push_back(std::move(inputs));
  if (wire_ != nullptr) wire_->Write(StepMessage(pending_.back()), Deadline());
}

absl::StatusOr<v1::StepResponse> StepStream::Receive() {
  if (!ended_.ok()) return ended_;
  for (;;) {
    std::optional<v1::StreamStepsResponse> answer;
    if (wire_ != nullptr) answer = wire_->Read(Deadline());
    if (!answer.has_value()) {
      const absl::Status broken = Break();
      ended_ = Reconnect(broken);
    } else {
      ended_ = CheckAnswer(*answer);
    }
    if (!ended_.ok()) return ended_;
    if (!answer.has_value()) continue;
    pending_.pop_front();
    next_step_ += answer->step().step_count();
    failed_attempts_ = 0;
    return std::move(*answer->mutable_step());
  }
}

absl::Status StepStream::Close() {
  if (!ended_.ok()) return ended_;
  ended_ = MadeHere(grpc::StatusCode::FAILED_PRECONDITION, "the stream was closed");
  if (wire_ == nullptr) return absl::OkStatus();
  if (wire_->WritesDone(Deadline())) wire_->Read(Deadline());  // nothing: the server ends, too
  const absl::Status status = FromCall(std::exchange(wire_, nullptr)->Finish());
  // Every step was answered, so a connection that broke since then took nothing along.
  return IsBrokenTransport(status) ? absl::OkStatus() : status;
}

absl::Status StepStream::Connect() {
  wire_ = std::make_unique<StepWire>(stub_);
  v1::StreamStepsRequest request;
  v1::StreamStepsOpen& open = *request.mutable_open();
  open.set_session(options_.session);
  open.set_view(options_.view);
  open.set_density(options_.density);
  open.set_encoding(v1::ENCODING_VALUES);
  if (opened_once_) {
    open.set_resume_from(next_step_);
  } else if (options_.resume_from.has_value()) {
    open.set_resume_from(*options_.resume_from);
  }
  std::optional<v1::StreamStepsResponse> answer;
  if (wire_->Write(request, Deadline()) || !wire_->timed_out()) answer = wire_->Read(Deadline());
  if (!answer.has_value()) return Break();
  if (!answer->has_opened()) {
    wire_ = nullptr;
    return BrokenPromise("a stream that does not begin with `opened`");
  }
  if (!opened_once_) next_step_ = options_.resume_from.value_or(answer->opened().next_step());
  opened_once_ = true;
  for (const v1::Tensor& inputs : pending_) {
    if (!wire_->Write(StepMessage(inputs), Deadline())) break;  // Receive learns why
  }
  return absl::OkStatus();
}

absl::Status StepStream::Break() {
  if (wire_ == nullptr) return MadeHere(grpc::StatusCode::UNAVAILABLE, "the stream is broken");
  const bool timed_out = wire_->timed_out();
  const grpc::Status status = std::exchange(wire_, nullptr)->Finish();
  if (timed_out) return MadeHere(grpc::StatusCode::DEADLINE_EXCEEDED, "no answer in time");
  // A server that ends a stream in good order while answers are due has gone all the same.
  if (status.ok()) return MadeHere(grpc::StatusCode::UNAVAILABLE, "the server ended the stream");
  return FromCall(status);
}

absl::Status StepStream::Reconnect(absl::Status status) {
  while (!status.ok()) {
    ++failed_attempts_;
    // Sending again is safe: the server knows the steps by their index.
    const bool worth_it = ShouldRetry(status, Repeat::kSafe);
    if (!worth_it || failed_attempts_ >= options_.retry.max_attempts) return status;
    options_.sleep(RetryDelay(options_.retry, failed_attempts_, RandomFraction(),
                              GetCallError(status).retry_delay));
    if (opened_once_) ++reconnect_count_;
    status = Connect();
  }
  return absl::OkStatus();
}

absl::Status StepStream::CheckAnswer(const v1::StreamStepsResponse& answer) {
  if (answer.has_step() && answer.step().first_step() == next_step_) return absl::OkStatus();
  wire_ = nullptr;
  return BrokenPromise(absl::StrCat("an answer for step ", answer.step().first_step(),
                                    " where step ", next_step_, " was due"));
}

}  // namespace cellar
