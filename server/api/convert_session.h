// Sessions between the wire and the domain. Reading adds what is wrong to `violations` and goes on.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_API_CONVERT_SESSION_H_
#define CELLAR_SERVER_API_CONVERT_SESSION_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cellar/v1/session.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/map.h"
#include "google/protobuf/timestamp.pb.h"
#include "server/api/api.h"
#include "server/base/error.h"
#include "server/session/session.h"

namespace cellar {

// What a new session is told besides its model, numerics and state.
struct SessionSettings {
  Durability durability = Durability::kMemory;
  absl::Duration ttl;
  int64_t replay_window_requests = 0;
  std::map<std::string, std::string> labels;
};

// Durability, ttl, replay_window and labels of `message`, under "session.".
SessionSettings ReadSettings(const v1::Session& message, const ApiLimits& limits,
                             FieldViolations& violations);

// A ttl that is given: more than 0 and at most `max_ttl`.
absl::Duration ReadTtl(const google::protobuf::Duration& message, absl::Duration max_ttl,
                       absl::string_view path, FieldViolations& violations);

// At most 16 labels, each within the rules of Session.labels.
std::map<std::string, std::string> ReadLabels(
    const google::protobuf::Map<std::string, std::string>& message, absl::string_view path,
    FieldViolations& violations);

// Errors: DURABILITY_UNAVAILABLE for all but kMemory if there is no store.
absl::Status CheckDurability(const Api& api, Durability durability);

// The session in view BASIC. The view is one moment's: nothing in the message contradicts another
// part of it.
v1::Session WriteSession(const SessionConfig& config, const Session::View& view);

// The same for an answer that leaves when the store has the session (Settle).
v1::Session WriteKeptSession(const SessionConfig& config, Session::View view);

// The time, held within what a Timestamp can tell (years 1 to 9999).
google::protobuf::Timestamp WriteTime(absl::Time time);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_CONVERT_SESSION_H_
