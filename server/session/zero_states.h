// States of zeros, kept once and for good: most sessions begin with one, and go back to it only if
// they are reset.
//
// Thread safety: all methods may be called from any thread.
#ifndef CELLAR_SERVER_SESSION_ZERO_STATES_H_
#define CELLAR_SERVER_SESSION_ZERO_STATES_H_

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "server/base/shared_numbers.h"

namespace cellar {

class ZeroStates {
 public:
  // The same bits: of a state of zeros (none of them negative) the ones that all others of its size
  // and precision have, else, or if it is large, the state that was given. REQUIRES: it is not
  // null.
  SharedNumbers Share(SharedNumbers state) ABSL_LOCKS_EXCLUDED(mutex_);

  // How many are kept.
  int64_t count() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // So many sizes are kept at most, and so large ones: whoever has more models than that has few
  // sessions of each, and nobody is charged for the 1 MiB.
  static constexpr int64_t kMostSizes = 256;
  static constexpr int64_t kMostBytes = 4096;

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<int64_t, SharedNumbers> known_ ABSL_GUARDED_BY(mutex_);  // by KeyOf
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_ZERO_STATES_H_
