// How long an answer will be, before it is computed. All sizes are upper bounds, close where an
// answer is long.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_API_ANSWER_SIZE_H_
#define CELLAR_SERVER_API_ANSWER_SIZE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "cellar/v1/tensor.pb.h"
#include "server/cell/numerics.h"
#include "server/engine/step_runner.h"
#include "server/model/model.h"

namespace cellar {

// Bytes of one number in a tensor: 8 in VALUES; 4 or 8 in RAW. REQUIRES: encoding is specified.
int64_t NumberBytes(v1::Encoding encoding, Precision precision);

// Bytes of a tensor field with `number_count` numbers and a shape of at most two axes.
int64_t TensorBytes(int64_t number_count, v1::Encoding encoding, Precision precision);

// Bytes of a StepResponse or EvaluateResponse (without final_state) that shows `step_count` steps
// of the request.
int64_t StepAnswerBytes(const Model& model, const Numerics& numerics, TraceOptions options,
                        v1::Encoding encoding, int64_t step_count);

// Bytes of a State of this model.
int64_t StateBytes(const Model& model, Precision precision, v1::Encoding encoding);

// Bytes of an ExportSessionResponse of a session of this model.
int64_t ExportAnswerBytes(const Model& model, Precision precision);

// Errors: ANSWER_SIZE_LIMIT if `answer_bytes` is beyond `limit_bytes`.
absl::Status CheckAnswerSize(int64_t answer_bytes, int64_t limit_bytes);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_ANSWER_SIZE_H_
