// Shows that the ThreadSanitizer set-up works before it is trusted with the tests: without an
// argument this program has no race, and nothing may be reported; with one it has a race beside the
// same lock, which must be.
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace {

absl::Mutex mutex;
int guarded ABSL_GUARDED_BY(mutex) = 0;
int unguarded = 0;

}  // namespace

int main(int argc, char**) {
  const auto count = [argc] {
    for (int i = 0; i < 1000; ++i) {
      const absl::MutexLock lock(&mutex);
      ++guarded;
    }
    if (argc > 1) ++unguarded;
  };
  std::thread waiting([] {
    const auto both_counted = +[](int* sum) { return *sum == 2000; };
    const absl::MutexLock lock(&mutex, absl::Condition(both_counted, &guarded));
    ++guarded;
  });
  std::thread first(count);
  std::thread second(count);
  first.join();
  second.join();
  waiting.join();
  return 0;
}
