#include "server/session/session_errors.h"

#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace cellar {
namespace {

// What a full server asks callers to wait before they try again. Room comes when sessions expire or
// are deleted, which nobody can foretell; a second keeps retries cheap.
constexpr absl::Duration kRetryDelay = absl::Seconds(1);

// What SessionAsleep is known by.
constexpr absl::string_view kAsleepMark = "cellar/asleep";

std::string Rfc3339(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

ErrorDetail AboutSession(absl::string_view reason, absl::string_view name) {
  return {.reason = std::string(reason),
          .metadata = {{"session", std::string(name)}},
          .resource_type = "session",
          .resource_name = std::string(name)};
}

void Add(ErrorDetail& detail, absl::string_view key, absl::string_view value) {
  detail.metadata.emplace_back(std::string(key), std::string(value));
}

// What is told of every end: the session, when it ended (by the key of the reason), and which run
// of the server says so.
ErrorDetail AboutEnd(absl::string_view reason, absl::string_view name,
                     const std::pair<std::string, std::string>& when,
                     absl::string_view server_epoch) {
  ErrorDetail detail = AboutSession(reason, name);
  detail.metadata.push_back(when);
  Add(detail, "server_epoch", server_epoch);
  return detail;
}

}  // namespace

absl::Status SessionNotFound(absl::string_view name, absl::string_view server_epoch) {
  ErrorDetail detail = AboutSession("SESSION_NOT_FOUND", name);
  Add(detail, "server_epoch", server_epoch);
  return MakeError(absl::StatusCode::kNotFound,
                   absl::StrCat("there is no session '", name, "' in server epoch ", server_epoch,
                                ", and no end of one is remembered; create it first"),
                   detail);
}

absl::Status SessionExpired(absl::string_view name, absl::Time expire_time,
                            absl::string_view server_epoch) {
  const std::string when = Rfc3339(expire_time);
  const ErrorDetail detail = AboutEnd("SESSION_EXPIRED", name, {"expire_time", when}, server_epoch);
  return MakeError(
      absl::StatusCode::kNotFound,
      absl::StrCat("session '", name, "' expired at ", when, " (server epoch ", server_epoch,
                   "): nobody used it for its ttl; create it anew, with a longer ttl "
                   "if need be"),
      detail);
}

absl::Status SessionDeleted(absl::string_view name, absl::Time delete_time,
                            absl::string_view server_epoch) {
  const std::string when = Rfc3339(delete_time);
  const ErrorDetail detail = AboutEnd("SESSION_DELETED", name, {"delete_time", when}, server_epoch);
  return MakeError(absl::StatusCode::kNotFound,
                   absl::StrCat("session '", name, "' was deleted at ", when, " (server epoch ",
                                server_epoch, "); create it anew"),
                   detail);
}

absl::Status SessionLostAt(absl::string_view name, absl::Time lost_time,
                           absl::string_view server_epoch) {
  const std::string when = Rfc3339(lost_time);
  const ErrorDetail detail = AboutEnd("SESSION_LOST", name, {"lost_time", when}, server_epoch);
  return MakeError(
      absl::StatusCode::kNotFound,
      absl::StrCat("session '", name,
                   "' had durability MEMORY and was lost with the run of the server "
                   "that held it, as was found at ",
                   when, " (server epoch ", server_epoch, "); create it anew and repeat its steps"),
      detail);
}

absl::Status SessionDamaged(absl::string_view name, absl::Time found_time,
                            absl::string_view server_epoch) {
  const std::string when = Rfc3339(found_time);
  const ErrorDetail detail = AboutEnd("SESSION_DAMAGED", name, {"found_time", when}, server_epoch);
  return MakeError(absl::StatusCode::kDataLoss,
                   absl::StrCat("what the store had of session '", name, "' was found damaged at ",
                                when, " (server epoch ", server_epoch,
                                ") and set aside for the operator; create it anew and repeat its "
                                "steps"),
                   detail);
}

absl::Status SessionEnded(absl::string_view name, SessionEnd end, absl::Time end_time,
                          absl::string_view server_epoch) {
  switch (end) {
    case SessionEnd::kExpired:
      return SessionExpired(name, end_time, server_epoch);
    case SessionEnd::kDeleted:
      return SessionDeleted(name, end_time, server_epoch);
    case SessionEnd::kLost:
      return SessionLostAt(name, end_time, server_epoch);
    case SessionEnd::kDamaged:
      return SessionDamaged(name, end_time, server_epoch);
  }
  return SessionNotFound(name, server_epoch);
}

absl::Status SessionLost(absl::string_view name, absl::string_view session_epoch,
                         absl::string_view server_epoch) {
  ErrorDetail detail = AboutSession("SESSION_LOST", name);
  Add(detail, "session_epoch", session_epoch);
  Add(detail, "server_epoch", server_epoch);
  return MakeError(
      absl::StatusCode::kNotFound,
      absl::StrCat("session '", name,
                   "' was held in memory by an earlier run of the server (epoch ", session_epoch,
                   ", now ", server_epoch, "); create it anew and repeat its steps"),
      detail);
}

absl::Status SessionExists(absl::string_view name) {
  return MakeError(absl::StatusCode::kAlreadyExists,
                   absl::StrCat("session '", name,
                                "' exists already; choose another id, go on with that session, or "
                                "delete it first"),
                   AboutSession("SESSION_EXISTS", name));
}

absl::Status SessionTakenOver(absl::string_view name, int64_t next_step) {
  ErrorDetail detail = AboutSession("SESSION_TAKEN_OVER", name);
  Add(detail, "next_step", absl::StrCat(next_step));
  return MakeError(
      absl::StatusCode::kAborted,
      absl::StrCat("a newer stream took over session '", name, "', whose next step is ", next_step,
                   "; answered steps stand; stream a session from one place only"),
      detail);
}

absl::Status SessionLimit(const ReachedCap& cap) {
  const absl::string_view whose = CapScopeWord(cap.scope);
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("the ", whose, " holds ", cap.used, " of ", cap.limit,
                                " sessions, as many as it may; delete sessions that are done, or "
                                "try later"),
                   {.reason = "SESSION_LIMIT",
                    .metadata = {{"limit", absl::StrCat(cap.limit)},
                                 {"used", absl::StrCat(cap.used)},
                                 {"scope", std::string(whose)}},
                    .retry_delay = kRetryDelay,
                    .quota_subject = absl::StrCat("sessions of the ", whose)});
}

absl::Status SessionBytesLimit(const ReachedCap& cap, int64_t requested_bytes) {
  const absl::string_view whose = CapScopeWord(cap.scope);
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("sessions of the ", whose, " hold ", cap.used, " of the ", cap.limit,
                   " bytes they may, and ", requested_bytes,
                   " more do not fit; delete sessions that are done, ask for smaller replay "
                   "windows, or try later"),
      {.reason = "SESSION_BYTES_LIMIT",
       .metadata = {{"limit_bytes", absl::StrCat(cap.limit)},
                    {"used_bytes", absl::StrCat(cap.used)},
                    {"requested_bytes", absl::StrCat(requested_bytes)},
                    {"scope", std::string(whose)}},
       .retry_delay = kRetryDelay,
       .quota_subject = absl::StrCat("session bytes of the ", whose)});
}

absl::Status ModelMismatch(absl::string_view model, absl::string_view model_digest,
                           absl::string_view snapshot_digest) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("the snapshot was taken of a model with digest ", snapshot_digest,
                                ", but ", model, " has digest ", model_digest,
                                "; name the model that the snapshot belongs to"),
                   {.reason = "MODEL_MISMATCH",
                    .metadata = {{"model", std::string(model)},
                                 {"model_digest", std::string(model_digest)},
                                 {"snapshot_digest", std::string(snapshot_digest)}},
                    .resource_type = "model",
                    .resource_name = std::string(model)});
}

absl::Status SnapshotDoesNotFit(absl::string_view what) {
  return MakeError(absl::StatusCode::kDataLoss,
                   absl::StrCat("the snapshot is no state of the model it names: ", what,
                                "; export the session again"),
                   {.reason = "SNAPSHOT_CORRUPT"});
}

absl::Status SessionAsleep(absl::string_view name) {
  absl::Status status =
      absl::UnavailableError(absl::StrCat("session '", name, "' sleeps; try again"));
  status.SetPayload(kAsleepMark, absl::Cord());
  return status;
}

bool IsSessionAsleep(const absl::Status& status) {
  return absl::IsUnavailable(status) && status.GetPayload(kAsleepMark).has_value();
}

absl::Status SessionPromiseBroken(absl::string_view name, absl::string_view promise) {
  return MakeError(absl::StatusCode::kInternal,
                   absl::StrCat("the server broke a promise of its own about session '", name,
                                "': ", promise, "; please report it"),
                   AboutSession("INTERNAL", name));
}

}  // namespace cellar
