// Room for an answer that is still to come. How long it will be is known before its session's turn;
// whoever waits for a turn takes that much of what all calls may have, so that many long answers
// are not begun for which there is no place.
//
// Up to kLeastCallBytes of a call cost nothing: every call has those. The room is given back
// right before the answer is told of; then it is charged to its call as it is, though somebody may
// have taken its place: the cap may be passed by one answer for each thread.
#ifndef CELLAR_SERVER_API_ANSWER_ROOM_H_
#define CELLAR_SERVER_API_ANSWER_ROOM_H_

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "server/api/api.h"
#include "server/api/call_bytes.h"

namespace cellar {

// Takes room for an answer of so many bytes until `done` is called. To be asked before anything is
// begun. `free_bytes`: of those that the call has anyway, this answer's share. Errors:
// CALL_BYTES_LIMIT; then `done` is as it was. Thread safety: any thread.
absl::Status TakeRoom(Api& api, const Call& call, int64_t answer_bytes, Done& done,
                      int64_t free_bytes = kLeastCallBytes);

// Room for an answer of many parts, which grows with them.
//
// Thread safety: may be used from any thread.
// Ownership: `api` outlives it.
class AnswerRoom {
 public:
  AnswerRoom(Api& api, const Call& call) : bytes_(api.call_bytes, call.tenant()) {}

  // Has room for `bytes` in all from now on. It grows by pieces, so that most parts cost no lock.
  // Errors: CALL_BYTES_LIMIT; then it has what it had.
  absl::Status GrowTo(int64_t bytes) {
    if (bytes <= taken_.load(std::memory_order_relaxed)) return absl::OkStatus();
    return Grow(bytes);
  }

  // Gives all of it back. REQUIRES: nobody uses it any more.
  void GiveBack() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Status Grow(int64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);

  std::atomic<int64_t> taken_{kLeastCallBytes};  // written under the mutex
  absl::Mutex mutex_;
  CallBytes bytes_ ABSL_GUARDED_BY(mutex_);  // but for those that every call has
};

}  // namespace cellar

#endif  // CELLAR_SERVER_API_ANSWER_ROOM_H_
