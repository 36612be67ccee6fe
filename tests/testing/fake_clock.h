// A clock whose hands the test turns.
//
// Thread safety: all methods may be called from any thread.
#ifndef CELLAR_TESTS_TESTING_FAKE_CLOCK_H_
#define CELLAR_TESTS_TESTING_FAKE_CLOCK_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"

namespace cellar {

class FakeClock : public Clock {
 public:
  // A time with an ordinary look: 2024-01-01T00:00:00Z.
  static absl::Time Start() { return absl::FromUnixSeconds(1'704'067'200); }

  explicit FakeClock(absl::Time now = Start()) : now_(now) {}

  absl::Time Now() override {
    absl::MutexLock lock(&mutex_);
    return now_;
  }

  // Lets `duration` pass. REQUIRES: not negative (a Clock never runs backwards).
  void Advance(absl::Duration duration) {
    absl::MutexLock lock(&mutex_);
    now_ += duration;
  }

 private:
  absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_FAKE_CLOCK_H_
