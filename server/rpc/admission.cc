#include "server/rpc/admission.h"

#include <vector>

#include "server/rpc/presented.h"
#include "server/rpc/rpc_errors.h"
#include "server/rpc/status.h"

namespace cellar {

absl::StatusOr<SharedCaller> Admission::Identify(
    const grpc::ServerContextBase& context, const google::protobuf::Descriptor& request) const {
  if (authentication_ == nullptr) return LocalCaller();
  return authentication_->LetIn(PresentedBy(context), MethodTaking(request));
}

grpc::Status Admission::Close(grpc::ServerContextBase& context,
                              const google::protobuf::Descriptor& request, const Caller* caller,
                              const absl::Status& status) const {
  if (book_ != nullptr) book_->Note(context, request, caller, status);
  return ToGrpcStatus(status);
}

absl::Status Admission::Enter() {
  if (draining_.load()) return Draining();  // most who are refused are not even counted
  // Counted before the flag is read: either this call sees the flag, or whoever set the flag sees
  // this call. Hence the default, sequentially consistent order of both.
  inside_.fetch_add(1);
  if (!draining_.load()) return absl::OkStatus();
  Leave();
  return Draining();
}

void Admission::Leave() {
  if (inside_.fetch_sub(1) > 1 || !draining_.load()) return;
  absl::MutexLock lock(&mutex_);  // its release makes AwaitEmpty look again
}

void Admission::Tell(const std::shared_ptr<DrainListener>& listener) {
  {
    absl::MutexLock lock(&mutex_);
    if (!draining_.load()) {
      listeners_[listener.get()] = listener;
      return;
    }
  }
  listener->EndForDrain();
}

void Admission::Forget(const DrainListener* listener) {
  absl::MutexLock lock(&mutex_);
  listeners_.erase(listener);
}

void Admission::StartDraining() {
  std::vector<std::shared_ptr<DrainListener>> told;
  {
    absl::MutexLock lock(&mutex_);
    draining_.store(true);
    for (const auto& [key, listener] : listeners_) {
      if (auto alive = listener.lock()) told.push_back(std::move(alive));
    }
    listeners_.clear();
  }
  for (const auto& listener : told) listener->EndForDrain();
}

bool Admission::AwaitEmpty(absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  const bool over =
      mutex_.AwaitWithTimeout(absl::Condition(this, &Admission::EmptyOrForced), timeout);
  // Only counted again where it is not known: whoever is refused may be inside for a moment.
  const bool empty = over && (!forced_->load() || inside_.load() == 0);
  if (!empty) forced_->store(true);
  return empty;
}

void Admission::AwaitForce(absl::Duration time) {
  absl::MutexLock lock(&mutex_);
  const auto is_forced = [this] { return forced_->load(); };
  mutex_.AwaitWithTimeout(absl::Condition(&is_forced), time);
}

void Admission::Force() {
  absl::MutexLock lock(&mutex_);
  forced_->store(true);
}

bool Admission::EmptyOrForced() const { return forced_->load() || inside_.load() == 0; }

}  // namespace cellar
