#include "server/identity/tenant_tally.h"

namespace cellar {

std::optional<ReachedCap> TenantTally::Take(absl::string_view tenant, int64_t amount) {
  if (amount == 0) return std::nullopt;
  absl::MutexLock lock(&mutex_);
  const std::optional<ReachedCap> reached =
      FindReachedCap(limits_, UsedLocked(tenant), total(), amount);
  if (!reached.has_value()) AddLocked(tenant, amount);
  return reached;
}

void TenantTally::TakeAnyway(absl::string_view tenant, int64_t amount) {
  if (amount == 0) return;
  absl::MutexLock lock(&mutex_);
  AddLocked(tenant, amount);
}

std::optional<ReachedCap> TenantTally::Passed(absl::string_view tenant) {
  absl::MutexLock lock(&mutex_);
  return FindReachedCap(limits_, UsedLocked(tenant), total(), 0);
}

void TenantTally::GiveBack(absl::string_view tenant, int64_t amount) {
  if (amount == 0) return;
  absl::MutexLock lock(&mutex_);
  const auto found = used_.find(tenant);
  if ((found->second -= amount) == 0) used_.erase(found);
  total_.store(total() - amount, std::memory_order_relaxed);
}

int64_t TenantTally::UsedLocked(absl::string_view tenant) const {
  const auto found = used_.find(tenant);
  return found == used_.end() ? 0 : found->second;
}

void TenantTally::AddLocked(absl::string_view tenant, int64_t amount) {
  const auto found = used_.find(tenant);
  if (found == used_.end()) {
    used_.emplace(tenant, amount);
  } else {
    found->second += amount;
  }
  total_.store(total() + amount, std::memory_order_relaxed);
}

}  // namespace cellar
