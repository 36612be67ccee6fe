// Grading: one answer, or a stream of them. What each does, and its errors: grading_service.proto.
//
// Thread safety: Grade may be called from any thread; a GradeStream belongs to one at a time.
#ifndef CELLAR_SERVER_API_GRADING_HANDLERS_H_
#define CELLAR_SERVER_API_GRADING_HANDLERS_H_

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "cellar/v1/grading_service.pb.h"
#include "server/api/api.h"
#include "server/api/exercise_source.h"
#include "server/grading/exercise.h"

namespace cellar {

absl::Status Grade(Api& api, const Call& call, const v1::GradeRequest& request,
                   v1::GradeResponse* response);

// GradeStream without the wire: messages in, verdicts out, one by one.
class GradeStream {
 public:
  // `api` outlives it; `call` may be asked as long as it is used.
  GradeStream(Api& api, Call call) : api_(api), call_(std::move(call)) {}

  // The first message, which must be `open`, and gets no answer.
  absl::Status Open(const v1::GradeStreamRequest& request);

  // Every other message. REQUIRES: Open has succeeded.
  absl::Status Grade(const v1::GradeStreamRequest& request, v1::GradeStreamResponse* response);

 private:
  Api& api_;
  const Call call_;
  std::optional<ExerciseSource> source_;
  Feedback level_ = Feedback::kNone;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_API_GRADING_HANDLERS_H_
