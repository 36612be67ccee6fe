// SessionService.StreamSteps without the wire: one object a stream.
//
// The caller (rpc/) hands over messages in their order: Open once, then Step as often as it likes,
// without waiting for the answers of the last kMostWaitingSteps. Their Done come in the order of
// the steps, but that one which has not to wait for the store may come a moment before the last
// that had to (unless the durability is EVERY_STEP). After the first failure nothing more is
// applied: the steps behind it fail with the same status.
//
// Thread safety: Open and Step are called by one thread at a time; Done and `on_end` may come from
// any thread. Ownership: held by shared_ptr; work in flight keeps the stream alive.
#ifndef CELLAR_SERVER_API_STEP_STREAM_H_
#define CELLAR_SERVER_API_STEP_STREAM_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cellar/v1/session_service.pb.h"
#include "server/api/api.h"

namespace cellar {

// Steps of one stream that its caller may have handed over and not been answered yet.
inline constexpr int64_t kMostWaitingSteps = 8;

class StepStream {
 public:
  // `on_end` is called at most once, when the stream must end though none of its steps failed:
  // SESSION_TAKEN_OVER, SESSION_DELETED, SESSION_EXPIRED. The stream counts as open from here on,
  // whether it ever names a session or not. Errors: STREAM_LIMIT.
  static absl::StatusOr<std::shared_ptr<StepStream>> Create(
      Api& api, Call call, std::function<void(absl::Status)> on_end);

  virtual ~StepStream() = default;

  // The first message. Waits for the session's turn, then takes the session over from an older
  // stream.
  virtual void Open(const v1::StreamStepsRequest& request, v1::StreamStepsResponse* response,
                    Done done) = 0;

  // Every other message. REQUIRES: Open has succeeded. request and *response live until `done` was
  // called.
  virtual void Step(const v1::StreamStepsRequest& request, v1::StreamStepsResponse* response,
                    Done done) = 0;

  // Gives the session back; on_end is not called after this returns, unless it is running already.
  // Idempotent.
  virtual void Close() = 0;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_API_STEP_STREAM_H_
