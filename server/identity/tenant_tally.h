// How much each tenant has of something, and all together, against caps.
//
// Thread safety: all methods may be called from any thread.
#ifndef CELLAR_SERVER_IDENTITY_TENANT_TALLY_H_
#define CELLAR_SERVER_IDENTITY_TENANT_TALLY_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/identity/cap.h"

namespace cellar {

class TenantTally {
 public:
  explicit TenantTally(CapLimits limits) : limits_(limits) {}
  TenantTally(const TenantTally&) = delete;
  TenantTally& operator=(const TenantTally&) = delete;

  // Takes `amount` (>= 0) for the tenant, or tells which cap has no room for it; then nothing was
  // taken.
  std::optional<ReachedCap> Take(absl::string_view tenant, int64_t amount);

  // Takes `amount` although a cap may have no room for it: what is there anyway. Who takes then is
  // refused until enough is given back.
  void TakeAnyway(absl::string_view tenant, int64_t amount);

  // Which cap has been passed by TakeAnyway, if one has.
  std::optional<ReachedCap> Passed(absl::string_view tenant);

  // Gives back what was taken.
  void GiveBack(absl::string_view tenant, int64_t amount);

  // Of all tenants.
  int64_t total() const { return total_.load(std::memory_order_relaxed); }

  const CapLimits& limits() const { return limits_; }

 private:
  int64_t UsedLocked(absl::string_view tenant) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void AddLocked(absl::string_view tenant, int64_t amount) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const CapLimits limits_;

  std::atomic<int64_t> total_{0};  // written under the mutex

  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, int64_t> used_ ABSL_GUARDED_BY(mutex_);  // none is 0
};

}  // namespace cellar

#endif  // CELLAR_SERVER_IDENTITY_TENANT_TALLY_H_
