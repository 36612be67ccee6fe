#include "server/api/answer_room.h"

#include <utility>

#include "server/base/status_macros.h"

namespace cellar {
namespace {

// By what room for many parts grows: little beside a long answer, and enough that a thousand small
// steps ask for it a few times.
constexpr int64_t kRoomGrowthBytes = int64_t{64} << 10;

}  // namespace

absl::Status TakeRoom(Api& api, const Call& call, int64_t answer_bytes, Done& done,
                      int64_t free_bytes) {
  if (answer_bytes <= free_bytes) return absl::OkStatus();
  CallBytes room(api.call_bytes, call.tenant());
  CELLAR_RETURN_IF_ERROR(room.Set(answer_bytes - free_bytes));
  done = [room = std::move(room), done = std::move(done)](absl::Status status) mutable {
    room.SetAnyway(0);
    done(std::move(status));
  };
  return absl::OkStatus();
}

absl::Status AnswerRoom::Grow(int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  if (bytes <= taken_.load(std::memory_order_relaxed)) return absl::OkStatus();
  const int64_t beyond = bytes - kLeastCallBytes;
  const int64_t pieces = (beyond + kRoomGrowthBytes - 1) / kRoomGrowthBytes * kRoomGrowthBytes;
  CELLAR_RETURN_IF_ERROR(bytes_.Set(pieces));
  taken_.store(kLeastCallBytes + pieces, std::memory_order_relaxed);
  return absl::OkStatus();
}

void AnswerRoom::GiveBack() {
  absl::MutexLock lock(&mutex_);
  bytes_.SetAnyway(0);
}

}  // namespace cellar
