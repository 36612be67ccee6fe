#include "server/rpc/left_to_the_end.h"

#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace cellar {
namespace {

struct LeftThings {
  absl::Mutex mutex;
  std::vector<std::shared_ptr<void>> all ABSL_GUARDED_BY(mutex);
};

// Never destroyed.
LeftThings& Left() {
  static auto* const left = new LeftThings;
  return *left;
}

}  // namespace

void LeaveToTheEnd(std::shared_ptr<void> left) {
  absl::MutexLock lock(&Left().mutex);
  Left().all.push_back(std::move(left));
}

size_t LeftToTheEnd() {
  absl::MutexLock lock(&Left().mutex);
  return Left().all.size();
}

}  // namespace cellar
