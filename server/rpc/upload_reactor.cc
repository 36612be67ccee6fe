#include "server/rpc/upload_reactor.h"

#include <utility>

#include "server/api/api_errors.h"
#include "server/base/status_macros.h"
#include "server/rpc/rpc_errors.h"

namespace cellar {

UploadReactor* UploadReactor::Start(Api& api, Admission& admission, Wire& wire) {
  const std::shared_ptr<UploadReactor> reactor(new UploadReactor(api, admission, wire));
  reactor->self_ = reactor;
  // Who is refused is so before anything of the upload is read.
  absl::Status entered = reactor->visit_.Identify();
  if (entered.ok()) entered = reactor->visit_.Enter();
  if (entered.ok()) {
    reactor->upload_.emplace(api, reactor->visit_.ForHandler());
    admission.Tell(reactor);
  }
  // The queue's thread is here: OnDone comes after this has returned.
  reactor->Happened([&](UploadFlow& flow) {
    if (!entered.ok()) flow.End(std::move(entered));
  });
  return reactor.get();
}

void UploadReactor::OnReadDone(bool ok) {
  if (!ok) return Happened([](UploadFlow& flow) { flow.InputClosed(); });
  visit_.Read(incoming_, &message_, [this](absl::StatusOr<int64_t> bytes) {
    arrived_ = std::move(bytes).status();
    Happened([](UploadFlow& flow) { flow.Arrived(); });
  });
}

// Not complete, whatever has come: the client has not said so.
void UploadReactor::OnCancel() {
  visit_.Cancel();
  Happened([](UploadFlow& flow) { flow.End(CallCancelled()); });
}

void UploadReactor::EndForDrain() {
  Happened([](UploadFlow& flow) { flow.End(Draining()); });
}

template <class Event>
void UploadReactor::Happened(Event event) {
  flow_.Happened(std::move(event), [this](const UploadFlow::Action& action) { Act(action); });
}

void UploadReactor::Act(const UploadFlow::Action& action) {
  switch (action.what) {
    case UploadFlow::Do::kNothing:
      break;
    case UploadFlow::Do::kRead:
      wire_.Read(&incoming_);
      break;
    case UploadFlow::Do::kTake: {
      absl::Status taken = Take();
      if (!taken.ok()) Happened([&](UploadFlow& flow) { flow.End(std::move(taken)); });
      break;
    }
    case UploadFlow::Do::kWork:
      Work();
      break;
    case UploadFlow::Do::kFinish:
      visit_.Finish(action.status);
      break;
  }
}

void UploadReactor::Work() {
  visit_.RunOnWorker([this, alive = self_](const absl::Status& may_run) {
    absl::Status done = may_run.ok() ? upload_->Finish(wire_.response()) : may_run;
    Happened([&](UploadFlow& flow) { flow.WorkDone(std::move(done)); });
  });
}

absl::Status UploadReactor::Take() {
  CELLAR_RETURN_IF_ERROR(arrived_);
  // The file, and the message that will be read from it.
  taken_bytes_ += 2 * static_cast<int64_t>(message_.chunk().size());
  CELLAR_RETURN_IF_ERROR(visit_.SetBytes(taken_bytes_));
  return upload_->Add(std::exchange(message_, {}));
}

void UploadReactor::OnDone() {
  // The drain may share the reactor a little longer; what belongs to the server goes back now.
  admission_.Forget(this);
  visit_.Leave();
  self_.reset();
}

}  // namespace cellar
