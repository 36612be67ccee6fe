// States between the wire and the domain.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_API_CONVERT_STATE_H_
#define CELLAR_SERVER_API_CONVERT_STATE_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "cellar/v1/state.pb.h"
#include "cellar/v1/tensor.pb.h"
#include "server/base/error.h"
#include "server/cell/numerics.h"
#include "server/model/model.h"
#include "server/model/stack_state.h"

namespace cellar {

// Which state of which arithmetic is asked for.
struct StateKind {
  const Model& model;
  Precision precision;
};

// A state that fits the model; an h or c that is not given is all +0, and so is everything if
// `message` is null. What is wrong is added to `violations` under `path`; then the result fits all
// the same.
std::shared_ptr<const AnyStackState> ReadState(const v1::State* message, const StateKind& kind,
                                               absl::string_view path, FieldViolations& violations);

// Replaces *message. REQUIRES: encoding is VALUES or RAW.
void WriteState(const AnyStackState& state, v1::Encoding encoding, v1::State* message);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_CONVERT_STATE_H_
