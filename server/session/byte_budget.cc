#include "server/session/byte_budget.h"

#include "server/session/session_errors.h"

namespace cellar {

absl::Status ByteBudget::Charge(int64_t bytes) {
  if (bytes == 0) return absl::OkStatus();
  if (bytes < 0) {
    used_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    return whole_ == nullptr ? absl::OkStatus() : whole_->Charge(bytes);
  }
  const CapScope scope = whole_ == nullptr ? CapScope::kServer : CapScope::kTenant;
  int64_t used = used_bytes_.load(std::memory_order_relaxed);
  do {
    // Subtracted, not added: the sum of a huge request would overflow.
    if (bytes > limit_bytes_ - used) return SessionBytesLimit({scope, limit_bytes_, used}, bytes);
  } while (!used_bytes_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  if (whole_ == nullptr) return absl::OkStatus();
  absl::Status charged = whole_->Charge(bytes);
  if (!charged.ok()) used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  return charged;
}

ByteBudget& ByteBudgets::Of(absl::string_view tenant) {
  if (limits_.of_tenant == 0) return all_;
  absl::MutexLock lock(&mutex_);
  std::unique_ptr<ByteBudget>& budget = tenants_[tenant];
  if (budget == nullptr) budget = std::make_unique<ByteBudget>(limits_.of_tenant, &all_);
  return *budget;
}

}  // namespace cellar
