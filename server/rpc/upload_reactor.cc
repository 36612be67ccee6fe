#include "server/rpc/upload_reactor.h"

#include <utility>

#include "server/base/status_macros.h"

namespace cellar {

Reactor* UploadReactor::Start(Api& api, Admission& admission, Wire& wire) {
  const std::shared_ptr<UploadReactor> reactor(new UploadReactor(api, admission, wire));
  return reactor->StreamCall::Start([&] {
    reactor->upload_.emplace(api, reactor->visit_.ForHandler());
    return absl::OkStatus();
  });
}

void UploadReactor::OnReadDone(bool ok) {
  if (!ok) return Happened([](UploadFlow& flow) { flow.InputClosed(); });
  visit_.Read(incoming_, &message_, [this](absl::StatusOr<int64_t> bytes) {
    arrived_ = std::move(bytes).status();
    Happened([](UploadFlow& flow) { flow.Arrived(); });
  });
}

void UploadReactor::Act(UploadFlow::Action& action) {
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
  visit_.RunOnWorker([this, alive = shared_from_this()](const absl::Status& may_run) {
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

}  // namespace cellar
