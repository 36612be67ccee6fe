#include "server/session/byte_budget.h"

#include "server/session/session_errors.h"

namespace cellar {

absl::Status ByteBudget::Charge(int64_t bytes) {
  if (bytes <= 0) {
    used_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    return absl::OkStatus();
  }
  int64_t used = used_bytes_.load(std::memory_order_relaxed);
  do {
    // Subtracted, not added: the sum of a huge request would overflow.
    if (bytes > limit_bytes_ - used) return SessionBytesLimit(limit_bytes_, used, bytes);
  } while (!used_bytes_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return absl::OkStatus();
}

}  // namespace cellar
