#include "server/rpc/step_stream_reactor.h"

#include <utility>

#include "server/base/status_macros.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/rpc_errors.h"

namespace cellar {
namespace {

// A stream is charged for what it holds in multiples of this, and for one of them from its start:
// also streams that send small messages, or nothing, are bounded in what they hold together.
constexpr int64_t kChargeBytes = int64_t{16} << 10;

int64_t ChargeFor(int64_t bytes) { return (bytes / kChargeBytes + 1) * kChargeBytes; }

}  // namespace

Reactor* StepStreamReactor::Start(StepStreamWire& wire, Admission& admission,
                                  StepStreamFlow::Limits limits,
                                  const StepStreamMaker& make_stream) {
  std::shared_ptr<StepStreamReactor> reactor(new StepStreamReactor(wire, admission, limits));
  reactor->self_ = reactor;
  absl::Status refused = reactor->Enter(make_stream);
  if (!refused.ok()) {
    absl::MutexLock lock(&reactor->mutex_);
    reactor->flow_.End(std::move(refused));
  }
  reactor->Act();  // OnDone comes after this has returned: the queue's thread is here
  return reactor.get();
}

absl::Status StepStreamReactor::Enter(const StepStreamMaker& make_stream) {
  CELLAR_ASSIGN_OR_RETURN(
      SharedCaller caller,
      admission_.Identify(wire_.context(), *v1::StreamStepsRequest::descriptor()));
  CELLAR_RETURN_IF_ERROR(admission_.Enter());
  entered_ = true;
  caller_ = std::move(caller);
  call_bytes_.emplace(admission_.call_bytes(), caller_->tenant);
  asked_charge_ = ChargeFor(0);
  CELLAR_RETURN_IF_ERROR(call_bytes_->Set(asked_charge_));
  Call call(caller_);
  call.deadline = CallDeadline(wire_.context().deadline());
  call.cancelled = [cancelled = cancelled_] { return cancelled->load(std::memory_order_relaxed); };
  // Weak: the stream holds it, and this holds the stream.
  const auto on_end = [weak = weak_from_this()](absl::Status status) {
    if (const auto reactor = weak.lock()) {
      reactor->Happened([&](StepStreamFlow& flow) { flow.End(std::move(status)); });
    }
  };
  CELLAR_ASSIGN_OR_RETURN(stream_, make_stream(std::move(call), on_end));
  admission_.Tell(shared_from_this());
  return absl::OkStatus();
}

void StepStreamReactor::EndForDrain() {
  Happened([](StepStreamFlow& flow) { flow.End(Draining()); });
}

void StepStreamReactor::OnReadDone(bool ok) {
  Happened([ok](StepStreamFlow& flow) { flow.ReadDone(ok); });
}

void StepStreamReactor::OnWriteDone(bool ok) {
  Happened([ok](StepStreamFlow& flow) { flow.WriteDone(ok); });
}

void StepStreamReactor::OnCancel() {
  cancelled_->store(true, std::memory_order_relaxed);
  Happened([](StepStreamFlow& flow) { flow.Cancel(); });
}

void StepStreamReactor::OnDone() {
  call_bytes_.reset();  // the server's; whoever still shares the reactor may outlive that
  if (entered_) {
    admission_.Forget(this);
    admission_.Leave();
  }
  self_.reset();
}

template <class Event>
void StepStreamReactor::Happened(Event event) {
  {
    absl::MutexLock lock(&mutex_);
    event(flow_);
    if (acting_) return;
    acting_ = true;
  }
  Act();
}

void StepStreamReactor::Act() {
  while (true) {
    std::optional<int64_t> charge;
    StepStreamFlow::Action action = NextAction(charge);
    if (charge.has_value()) Charge(*charge);
    switch (action.what) {
      case StepStreamFlow::Do::kNothing:
        if (!charge.has_value()) return;  // perhaps another thread acts: this may be gone
        break;                            // look again
      case StepStreamFlow::Do::kRead:
        wire_.Read(&action.exchange->request);
        break;
      case StepStreamFlow::Do::kOpen:
      case StepStreamFlow::Do::kStep:
        Answer(action);
        break;
      case StepStreamFlow::Do::kWrite:
        wire_.Write(action.exchange->response);
        break;
      case StepStreamFlow::Do::kFinish:
        if (stream_ != nullptr) stream_->Close();
        wire_.Finish(admission_.Close(wire_.context(), *v1::StreamStepsRequest::descriptor(),
                                      caller_.get(), action.status));
        return;  // perhaps OnDone has come: this may be gone
    }
  }
}

StepStreamFlow::Action StepStreamReactor::NextAction(std::optional<int64_t>& charge) {
  absl::MutexLock lock(&mutex_);
  StepStreamFlow::Action action = flow_.Next();
  const int64_t due = call_bytes_.has_value() ? ChargeFor(flow_.bytes()) : 0;
  if (due != asked_charge_) {
    charge = due;
  } else if (action.what == StepStreamFlow::Do::kNothing) {
    acting_ = false;
  }
  return action;
}

void StepStreamReactor::Charge(int64_t bytes) {
  asked_charge_ = bytes;
  absl::Status full = call_bytes_->Set(bytes);
  if (!full.ok()) Happened([&](StepStreamFlow& flow) { flow.End(std::move(full)); });
}

void StepStreamReactor::Answer(const StepStreamFlow::Action& action) {
  StepExchange* const exchange = action.exchange;
  // Once the answer is noted another thread may finish the call, and drop the reactor, before the
  // thread that noted it is out of here.
  exchange->keep_alive = shared_from_this();
  Done done = [this, exchange](absl::Status status) {
    const std::shared_ptr<void> alive = std::move(exchange->keep_alive);
    Happened([&](StepStreamFlow& flow) { flow.AnswerDone(exchange, std::move(status)); });
  };
  if (action.what == StepStreamFlow::Do::kOpen) {
    stream_->Open(exchange->request, &exchange->response, std::move(done));
  } else {
    stream_->Step(exchange->request, &exchange->response, std::move(done));
  }
}

}  // namespace cellar
