#include "server/session/session_reaper.h"

#include <algorithm>

#include "server/base/spare_memory.h"

namespace cellar {
namespace {

// How often it is seen to that memory which nobody uses any more goes back to the system.
constexpr absl::Duration kReturnInterval = absl::Seconds(15);

}  // namespace

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
  absl::Time next_return = clock_.Now() + kReturnInterval;
  while (!stopping) {
    const absl::Duration wait = RunOnce();
    if (const absl::Time now = clock_.Now(); now >= next_return) {
      ReturnSpareMemory();
      next_return = now + kReturnInterval;
    }
    absl::MutexLock lock(&mutex_);
    stopping = mutex_.AwaitWithTimeout(absl::Condition(&stopping_), wait);
  }
}

}  // namespace cellar
