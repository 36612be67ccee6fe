#include "server/identity/tenant_tally.h"

namespace cellar {

std::optional<ReachedCap> TenantTally::Take(absl::string_view tenant, int64_t amount) {
  if (amount == 0) return std::nullopt;
  absl::MutexLock lock(&mutex_);
  const auto found = used_.find(tenant);
  const int64_t used = found == used_.end() ? 0 : found->second;
  const int64_t total = total_.load(std::memory_order_relaxed);
  const std::optional<ReachedCap> reached = FindReachedCap(limits_, used, total, amount);
  if (reached.has_value()) return reached;
  if (found == used_.end()) {
    used_.emplace(tenant, amount);
  } else {
    found->second += amount;
  }
  total_.store(total + amount, std::memory_order_relaxed);
  return std::nullopt;
}

void TenantTally::GiveBack(absl::string_view tenant, int64_t amount) {
  if (amount == 0) return;
  absl::MutexLock lock(&mutex_);
  const auto found = used_.find(tenant);
  if ((found->second -= amount) == 0) used_.erase(found);
  total_.store(total_.load(std::memory_order_relaxed) - amount, std::memory_order_relaxed);
}

}  // namespace cellar
