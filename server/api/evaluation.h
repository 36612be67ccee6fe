// EvaluationService.Evaluate without the wire: one object a call, asked for one answer after
// another.
//
// Thread safety: used by one thread at a time.
#ifndef CELLAR_SERVER_API_EVALUATION_H_
#define CELLAR_SERVER_API_EVALUATION_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cellar/v1/evaluation_service.pb.h"
#include "server/api/api.h"

namespace cellar {

class Evaluation {
 public:
  // Validates the whole request (of which nothing is kept by reference) and fetches or builds the
  // model. Errors: as documented for Evaluate; nothing has been computed.
  static absl::StatusOr<std::unique_ptr<Evaluation>> Create(Api& api, const Call& call,
                                                            const v1::EvaluateRequest& request);

  virtual ~Evaluation() = default;

  // What it holds while it is asked for answers, beside what the request took.
  virtual int64_t taken_bytes() const = 0;

  // Whether every answer has been given.
  virtual bool AtEnd() const = 0;

  // Computes towards the next answer: as many steps as fit well into a message and do not take
  // long. Returns whether *response is an answer; if not (nothing of these steps is shown), there
  // is more to do before the next one, and others may have a turn in between. Errors: CANCELLED,
  // DEADLINE_EXCEEDED. REQUIRES: not AtEnd().
  virtual absl::StatusOr<bool> Next(v1::EvaluateResponse* response) = 0;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_API_EVALUATION_H_
