#include "server/session/session_reaper.h"

#include <algorithm>

namespace cellar {

SessionReaper::~SessionReaper() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void SessionReaper::Start() {
  thread_ = std::thread([this] { Run(); });
}

absl::Duration SessionReaper::RunOnce() {
  const absl::Time next_due = table_.EndDue();
  const absl::Duration wait = std::clamp(next_due - clock_.Now(), kShortestWait, kLongestWait);
  if (keeper_ == nullptr) return wait;
  table_.SleepIdle();
  return std::clamp(keeper_->Checkpoint(), kShortestWait, wait);
}

void SessionReaper::Run() {
  bool stopping = false;
  while (!stopping) {
    const absl::Duration wait = RunOnce();
    absl::MutexLock lock(&mutex_);
    stopping = mutex_.AwaitWithTimeout(absl::Condition(&stopping_), wait);
  }
}

}  // namespace cellar
