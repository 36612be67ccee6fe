// Snapshots (store/) from sessions and back: the store knows no model, the session knows no bytes.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_SESSION_SESSION_SNAPSHOT_H_
#define CELLAR_SERVER_SESSION_SESSION_SNAPSHOT_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "server/cell/numerics.h"
#include "server/model/model.h"
#include "server/model/stack_state.h"
#include "server/session/session.h"
#include "server/store/snapshot_format.h"

namespace cellar {

// What a snapshot says of a session of a known model.
struct RestoredState {
  Numerics numerics;
  int64_t next_step = 0;
  SharedNumbers state;
};

// h and c of every layer as bytes, and back. ReadLayers makes every NaN the canonical one and
// checks nothing: FitsModel tells whether the lengths are right.
std::vector<Snapshot::Layer> WriteLayers(const AnyStackState& state);
AnyStackState ReadLayers(const std::vector<Snapshot::Layer>& layers, Precision precision);

// The snapshot of a session that stands at `progress`.
Snapshot TakeSnapshot(const SessionTerms& terms, const SessionProgress& progress);

// Reads a sound snapshot as one of `model`. Errors: MODEL_MISMATCH (of another model);
// SNAPSHOT_CORRUPT (of this one, but with numerics, lengths or an index that no session of it has).
absl::StatusOr<RestoredState> RestoreSnapshot(const Snapshot& snapshot, const Model& model);

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_SNAPSHOT_H_
