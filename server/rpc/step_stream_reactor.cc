#include "server/rpc/step_stream_reactor.h"

#include <utility>

#include "server/base/status_macros.h"

namespace cellar {

Reactor* StepStreamReactor::Start(StepStreamWire& wire, Api& api, Admission& admission,
                                  StepStreamFlow::Limits limits,
                                  const StepStreamMaker& make_stream) {
  const std::shared_ptr<StepStreamReactor> reactor(
      new StepStreamReactor(wire, api, admission, limits));
  return reactor->StreamCall::Start([&] { return reactor->MakeStream(make_stream); });
}

absl::Status StepStreamReactor::MakeStream(const StepStreamMaker& make_stream) {
  // Weak: the stream holds it, and this holds the stream.
  const auto on_end = [this, weak = weak_from_this()](absl::Status status) {
    if (const auto alive = weak.lock()) {
      Happened([&](StepStreamFlow& flow) { flow.End(std::move(status)); });
    }
  };
  CELLAR_ASSIGN_OR_RETURN(stream_, make_stream(visit_.ForHandler(), on_end));
  return absl::OkStatus();
}

void StepStreamReactor::OnReadDone(bool ok) {
  if (!ok) return Happened([](StepStreamFlow& flow) { flow.InputClosed(); });
  arriving_ = TakeExchange(incoming_);
  visit_.Read(incoming_, &arriving_->request, [this](absl::StatusOr<int64_t> bytes) {
    std::unique_ptr<StepExchange> arrived = std::move(arriving_);
    Happened([&](StepStreamFlow& flow) {
      arrived = flow.Arrived(std::move(arrived), std::move(bytes));
    });
    if (arrived != nullptr) GiveBack(std::move(arrived));
  });
}

void StepStreamReactor::OnWriteDone() {
  Happened([](StepStreamFlow& flow) { flow.WriteDone(); });
}

void StepStreamReactor::Act(StepStreamFlow::Action& action) {
  switch (action.what) {
    case StepStreamFlow::Do::kNothing:
      break;
    case StepStreamFlow::Do::kCharge: {
      absl::Status full = visit_.SetBytes(action.bytes);
      if (full.ok()) break;
      visit_.SetBytesAnyway(action.bytes);  // until it is given back
      Happened([&](StepStreamFlow& flow) { flow.End(std::move(full)); });
      break;
    }
    case StepStreamFlow::Do::kRead:
      wire_.Read(&incoming_);
      break;
    case StepStreamFlow::Do::kOpen:
    case StepStreamFlow::Do::kStep:
      Answer(action);
      break;
    case StepStreamFlow::Do::kWrite:
      wire_.Write(Measured<v1::StreamStepsResponse>{action.answer->response});
      GiveBackExchange(std::move(action.answer));
      break;
    case StepStreamFlow::Do::kWriteAndRead:
      wire_.WriteAndRead({action.answer->response}, &incoming_);
      GiveBackExchange(std::move(action.answer));
      break;
    case StepStreamFlow::Do::kGiveBack:
      GiveBack(std::move(action.answer));
      break;
    case StepStreamFlow::Do::kFinish:
      if (stream_ != nullptr) stream_->Close();
      visit_.Finish(action.status);
      break;
  }
}

void StepStreamReactor::Answer(const StepStreamFlow::Action& action) {
  StepExchange* const exchange = action.exchange;
  // Once the answer is noted another thread may finish the call, and drop the reactor, before the
  // thread that noted it is out of here.
  exchange->keep_alive = shared_from_this();
  Done done = [this, exchange](absl::Status status) {
    const std::shared_ptr<void> alive = std::move(exchange->keep_alive);
    if (exchange->bytes > kMostKeptRequestBytes) {
      visit_.LeaveIfForced(exchange->request);
      exchange->request = v1::StreamStepsRequest();
    }
    Happened([&](StepStreamFlow& flow) { flow.AnswerDone(exchange, std::move(status)); });
  };
  if (action.what == StepStreamFlow::Do::kOpen) {
    stream_->Open(exchange->request, &exchange->response, std::move(done));
  } else {
    stream_->Step(exchange->request, &exchange->response, std::move(done));
  }
}

void StepStreamReactor::GiveBack(std::unique_ptr<StepExchange> exchange) {
  visit_.LeaveIfForced(exchange->request);
  GiveBackExchange(std::move(exchange));
}

}  // namespace cellar
