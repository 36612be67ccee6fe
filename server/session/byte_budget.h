// A cap on bytes that many owners share.
//
// Thread safety: all methods may be called from any thread; lock-free.
#ifndef CELLAR_SERVER_SESSION_BYTE_BUDGET_H_
#define CELLAR_SERVER_SESSION_BYTE_BUDGET_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"

namespace cellar {

class ByteBudget {
 public:
  explicit ByteBudget(int64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // Takes `bytes` (or gives back, if negative; that always succeeds).
  // Errors: SESSION_BYTES_LIMIT; then nothing was taken.
  absl::Status Charge(int64_t bytes);

  int64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }

 private:
  const int64_t limit_bytes_;
  std::atomic<int64_t> used_bytes_{0};
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_BYTE_BUDGET_H_
