// What one call has of the bytes that all calls in flight may have: messages that wait or are
// being worked on, uploads so far, answers to come and answers that nobody has read yet.
//
// Thread safety: belongs to one thread at a time.
// Ownership: the tally outlives it, or at least what it has.
#ifndef CELLAR_SERVER_API_CALL_BYTES_H_
#define CELLAR_SERVER_API_CALL_BYTES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "server/api/api_errors.h"
#include "server/identity/tenant_tally.h"

namespace cellar {

// What a call takes at least, however little it says: gRPC's own part of one. Measured with gRPC
// 1.51: 11 KiB for each of 200,000 calls whose clients take no answers.
inline constexpr int64_t kLeastCallBytes = int64_t{16} << 10;

// What a stream is charged for that has so many bytes: in multiples, so that small messages cost
// nothing to charge for.
inline int64_t ChargeFor(int64_t bytes) { return (bytes / kLeastCallBytes + 1) * kLeastCallBytes; }

class CallBytes {
 public:
  CallBytes(TenantTally& tally, std::string tenant) : tally_(&tally), tenant_(std::move(tenant)) {}
  CallBytes(CallBytes&& other) noexcept
      : tally_(other.tally_),
        tenant_(std::move(other.tenant_)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  CallBytes& operator=(CallBytes&&) = delete;
  ~CallBytes() {
    if (bytes_ > 0) tally_->GiveBack(tenant_, bytes_);
  }

  // Has `bytes` from now on. Errors: CALL_BYTES_LIMIT; then it has what it had.
  absl::Status Set(int64_t bytes) {
    if (bytes <= bytes_) {
      tally_->GiveBack(tenant_, bytes_ - bytes);
    } else if (const auto full = tally_->Take(tenant_, bytes - bytes_); full.has_value()) {
      return CallBytesLimit(*full, bytes - bytes_);
    }
    bytes_ = bytes;
    return absl::OkStatus();
  }

  // The same for what is there anyway, like the answer of work that is done: there may be no room.
  void SetAnyway(int64_t bytes) {
    if (bytes <= bytes_) {
      tally_->GiveBack(tenant_, bytes_ - bytes);
    } else {
      tally_->TakeAnyway(tenant_, bytes - bytes_);
    }
    bytes_ = bytes;
  }

  // Errors: CALL_BYTES_LIMIT, if SetAnyway has taken more than there was room for.
  absl::Status CheckRoom() const {
    const auto passed = tally_->Passed(tenant_);
    return passed.has_value() ? CallBytesLimit(*passed, bytes_) : absl::OkStatus();
  }

 private:
  TenantTally* tally_;
  std::string tenant_;
  int64_t bytes_ = 0;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_API_CALL_BYTES_H_
