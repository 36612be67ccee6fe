// The steps that a server has answered and may yet lose: what lies after its durable step. When it
// comes back from a crash at an earlier step, they are sent again, and the digests tell whether the
// state that comes out is the one that was there before.
//
// Thread safety: externally synchronised.
#ifndef CELLAR_CLIENT_KEPT_STEPS_H_
#define CELLAR_CLIENT_KEPT_STEPS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "cellar/v1/session_service.pb.h"

namespace cellar {

// One message of steps that was answered.
struct KeptMessage {
  int64_t first_step = 0;
  int64_t step_count = 0;
  v1::Tensor inputs;
  std::string state_digest;  // after the last of them
};

class KeptSteps {
 public:
  // Keeps at most `max_bytes` of inputs and digests; the oldest messages go first.
  explicit KeptSteps(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Keeps the inputs that `answer` is for, and forgets the messages that are durable by now. What
  // does not follow the last message begins anew: the session was moved in between.
  void Add(v1::Tensor inputs, const v1::StepResponse& answer);

  // Forgets the messages all of whose steps lie before `durable_step`.
  void Forget(int64_t durable_step);
  void Clear();

  // The place of the message that begins at `step`. Nothing if there is none.
  std::optional<size_t> Find(int64_t step) const;

  size_t size() const { return messages_.size(); }
  const KeptMessage& operator[](size_t place) const { return messages_[place]; }

  // Whether `answer` is what message `place` was answered before: the same steps to the same state.
  // Errors: INTERNAL / INTERNAL, as of a call, saying what differs.
  absl::Status CheckAgain(size_t place, const v1::StepResponse& answer) const;

 private:
  void PopFront();

  size_t max_bytes_;
  std::deque<KeptMessage> messages_;  // one after the other, without gaps
  size_t bytes_ = 0;
};

}  // namespace cellar

#endif  // CELLAR_CLIENT_KEPT_STEPS_H_
