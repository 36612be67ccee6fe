#include "server/rpc/upload_reactor.h"

#include <utility>

#include "server/base/status_macros.h"
#include "server/rpc/rpc_errors.h"

namespace cellar {

UploadReactor* UploadReactor::Start(Api& api, Admission& admission, Wire& wire) {
  const std::shared_ptr<UploadReactor> reactor(new UploadReactor(api, admission, wire));
  reactor->self_ = reactor;
  // Who is refused is so before anything of the upload is read.
  absl::Status entered = reactor->visit_.Identify();
  if (entered.ok()) entered = reactor->visit_.Enter();
  if (!entered.ok()) {
    reactor->visit_.Finish(entered);
    return reactor.get();
  }
  reactor->upload_.emplace(api, reactor->visit_.ForHandler());
  wire.Read(&reactor->incoming_);
  admission.Tell(reactor);
  return reactor.get();
}

void UploadReactor::OnReadDone(bool ok) {
  if (!ok) return Happened([](Flow& flow) { flow.closed = true; });
  visit_.Read(incoming_, &message_, [this](absl::StatusOr<int64_t> bytes) {
    arrived_ = std::move(bytes).status();
    Happened([](Flow& flow) { flow.read = true; });
  });
}

void UploadReactor::EndForDrain() {
  Happened([](Flow& flow) { flow.draining = true; });
}

template <class Event>
void UploadReactor::Happened(Event event) {
  {
    absl::MutexLock lock(&mutex_);
    event(flow_);
    if (std::exchange(flow_.acting, true)) return;
  }
  while (true) {
    switch (NextAction()) {
      case Do::kNothing:
        return;
      case Do::kTake: {
        const absl::Status taken = Take();
        if (!taken.ok()) return visit_.Finish(taken);
        wire_.Read(&incoming_);
        break;
      }
      case Do::kWork:
        return Work();
      case Do::kEndForDrain:
        return visit_.Finish(Draining());
    }
  }
}

UploadReactor::Do UploadReactor::NextAction() {
  absl::MutexLock lock(&mutex_);
  if (flow_.closed) return Do::kWork;
  if (flow_.draining) return Do::kEndForDrain;
  if (std::exchange(flow_.read, false)) return Do::kTake;
  flow_.acting = false;
  return Do::kNothing;
}

void UploadReactor::Work() {
  visit_.RunOnWorker([this](const absl::Status& may_run) {
    // A broken connection ends the messages as well: a file that is not whole then leaves nothing.
    visit_.Finish(may_run.ok() ? upload_->Finish(wire_.response()) : may_run);
  });
}

absl::Status UploadReactor::Take() {
  CELLAR_RETURN_IF_ERROR(arrived_);
  // The file, and the message that will be read from it.
  held_bytes_ += 2 * static_cast<int64_t>(message_.chunk().size());
  CELLAR_RETURN_IF_ERROR(visit_.Hold(held_bytes_));
  return upload_->Add(std::exchange(message_, {}));
}

void UploadReactor::OnDone() {
  // The drain may share the reactor a little longer; what belongs to the server goes back now.
  admission_.Forget(this);
  visit_.Leave();
  self_.reset();
}

}  // namespace cellar
