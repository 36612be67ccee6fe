// Grades any number of answers by one exercise over GradeStream, many in flight, with the verdicts
// in the order of the answers.
//
// Thread safety: functions; no shared state. One thread is started inside, and ends inside.
#ifndef CELLAR_CLIENT_GRADING_GRADING_CLIENT_H_
#define CELLAR_CLIENT_GRADING_GRADING_CLIENT_H_

#include <cstddef>
#include <functional>

#include "absl/status/statusor.h"
#include "cellar/v1/grading_service.pb.h"
#include "client/connection.h"

namespace cellar {

// The answer with this index; called once for each, in order. What fails has a verdict of its own,
// not gradable, with the status' message as the reason.
using SubmissionReader = std::function<absl::StatusOr<v1::Submission>(size_t index)>;

// Takes the verdict on the answer with this index; called once for each, in order.
using VerdictSink = std::function<void(size_t index, v1::Verdict verdict)>;

// Grades `count` answers. Broken connections are tried again from the first answer without a
// verdict: grading changes nothing. An answer that the server refuses as a request (too large, say)
// is not gradable, and the others go on. Fails with the server's status (FromCall) if the exercise
// is refused or the server is out of reach; then `sink` had the verdicts up to there.
absl::Status GradeAll(Connection& connection, const v1::GradeStreamOpen& open, size_t count,
                      const SubmissionReader& read, const VerdictSink& sink);

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_GRADING_CLIENT_H_
