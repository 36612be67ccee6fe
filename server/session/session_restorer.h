// What the store has of earlier runs of the server, taken in at the start of a new one.
//
// Thread safety: belongs to the thread that starts the server, before anybody uses the table.
#ifndef CELLAR_SERVER_SESSION_SESSION_RESTORER_H_
#define CELLAR_SERVER_SESSION_SESSION_RESTORER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/model/model_registry.h"
#include "server/session/session_keeper.h"
#include "server/session/session_table.h"
#include "server/store/record_store.h"

namespace cellar {

// What became of the sessions of earlier runs.
struct RestoredSessions {
  int64_t session_count = 0;    // sleep now
  int64_t lost_count = 0;       // had durability MEMORY, and the run before did not end in order
  int64_t damaged_count = 0;    // set aside, each told to the log
  int64_t tombstone_count = 0;  // ends still remembered
};

// Fills `table` with the sessions that `store` has, asleep, and with the ends it remembers.
// `models` has the models. Errors: STORE_FAILED if the store cannot be read.
absl::StatusOr<RestoredSessions> RestoreSessions(const RecordStore& store, SessionKeeper& keeper,
                                                 const ModelRegistry& models, Clock& clock,
                                                 bool ended_in_order, SessionTable& table);

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_RESTORER_H_
