// A cap on bytes that many owners share: of all sessions, and of each tenant's within that.
//
// Thread safety: all methods may be called from any thread; charging is lock-free.
#ifndef CELLAR_SERVER_SESSION_BYTE_BUDGET_H_
#define CELLAR_SERVER_SESSION_BYTE_BUDGET_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/identity/cap.h"

namespace cellar {

class ByteBudget {
 public:
  // `whole`: what this is a part of, which outlives it. Without one it is the server's.
  explicit ByteBudget(int64_t limit_bytes, ByteBudget* whole = nullptr)
      : limit_bytes_(limit_bytes), whole_(whole) {}

  // Takes `bytes`, of the whole as well (or gives back, if negative; that always succeeds).
  // Errors: SESSION_BYTES_LIMIT; then nothing was taken.
  absl::Status Charge(int64_t bytes);

  int64_t limit_bytes() const { return limit_bytes_; }
  int64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }

 private:
  const int64_t limit_bytes_;
  ByteBudget* const whole_;
  std::atomic<int64_t> used_bytes_{0};
};

// The budget of all, and of every tenant.
class ByteBudgets {
 public:
  explicit ByteBudgets(CapLimits limits) : limits_(limits), all_(limits.of_server) {}

  ByteBudget& all() { return all_; }

  // The tenant's, which lives as long as this. That of all if tenants have no caps of their own.
  ByteBudget& Of(absl::string_view tenant);

 private:
  const CapLimits limits_;
  ByteBudget all_;

  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<ByteBudget>> tenants_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_BYTE_BUDGET_H_
