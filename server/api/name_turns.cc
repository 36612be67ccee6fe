#include "server/api/name_turns.h"

namespace cellar {

NameTurns::Turn NameTurns::Take(std::string name) {
  absl::MutexLock lock(&mutex_);
  const auto free = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !taken_.contains(name); };
  mutex_.Await(absl::Condition(&free));
  taken_.insert(name);
  return Turn(*this, std::move(name));
}

void NameTurns::GiveBack(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  taken_.erase(name);
}

}  // namespace cellar
