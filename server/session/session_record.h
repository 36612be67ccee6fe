// Everything that a session remembers as the payload of one record, and back. The grammar is in
// store/record_format.md.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_SESSION_SESSION_RECORD_H_
#define CELLAR_SERVER_SESSION_SESSION_RECORD_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/session/session.h"

namespace cellar {

// A session as it was when it was written.
struct StoredSession {
  SessionConfig config;
  SessionProgress progress;
  SessionTimes times;
};

// What can be told of a session without its model: enough to find it, and to end it.
struct StoredSessionHead {
  std::string tenant;
  std::string name;
  std::string model;  // "models/{id}"
  Durability durability = Durability::kMemory;
  absl::Duration ttl;
  absl::Time create_time;
  SessionTimes times;
};

// REQUIRES: no state or inputs are null.
std::string WriteSessionRecord(const SessionConfig& config, const SessionProgress& progress,
                               const SessionTimes& times);

// Errors: RECORD_CORRUPT.
absl::StatusOr<StoredSessionHead> ReadSessionHead(absl::string_view key, absl::string_view payload);

// Reads a session whose model is `model`. Errors: RECORD_CORRUPT, SNAPSHOT_CORRUPT, MODEL_MISMATCH.
absl::StatusOr<StoredSession> ReadSessionRecord(absl::string_view key, absl::string_view payload,
                                                ModelPin model);

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_RECORD_H_
