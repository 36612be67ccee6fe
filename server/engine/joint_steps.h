// Steps that may be made together with those of other sessions.
#ifndef CELLAR_SERVER_ENGINE_JOINT_STEPS_H_
#define CELLAR_SERVER_ENGINE_JOINT_STEPS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "server/base/histogram.h"
#include "server/cell/numerics.h"
#include "server/engine/step_run.h"
#include "server/model/model.h"

namespace cellar {

// What sessions must have in common for that.
struct BatchKind {
  const Model* model = nullptr;  // whoever waits keeps it alive
  Numerics numerics;

  friend bool operator==(const BatchKind&, const BatchKind&) = default;

  template <class Hash>
  friend Hash AbslHashValue(Hash hash, const BatchKind& kind) {
    const Numerics& numerics = kind.numerics;
    return Hash::combine(std::move(hash), kind.model, numerics.precision, numerics.activation_rule,
                         numerics.rounding, numerics.rounding_scope);
  }
};

// The steps of one request, from the beginning of its session's turn to the end.
//
// Thread safety: used by one thread at a time. Must not throw.
class JointSteps {
 public:
  virtual ~JointSteps() = default;

  virtual BatchKind kind() const = 0;

  // Whether somebody waits for the outcome. Asked before the first Next and between steps.
  virtual absl::Status Wanted() = 0;

  // The run to be stepped next, of this kind. First called when the turn begins, with OK or with
  // why the steps will not be made; then each time the run given has been stepped to its end, or
  // given up for the reason told. Null, also after every such reason: the work is over, and its
  // outcome has been reported.
  virtual AnyStepRun* Next(const absl::Status& so_far) = 0;
};

// Makes them without company.
void MakeAlone(JointSteps& steps);

// Makes steps of different sessions, all of one kind, together, until none of them has any left;
// nobody joins. Tells `rows` at each step how many sessions made it. REQUIRES: at least one.
void MakeTogether(absl::Span<JointSteps* const> all, Histogram& rows);

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_JOINT_STEPS_H_
