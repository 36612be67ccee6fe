#include "server/store/store_errors.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/error.h"

namespace cellar {
namespace {

// About what it takes until the server has tried again itself.
constexpr absl::Duration kRetryDelay = absl::Seconds(1);

}  // namespace

absl::Status SnapshotCorrupt(absl::string_view defect) {
  return MakeError(
      absl::StatusCode::kDataLoss,
      absl::StrCat("the snapshot cannot be used: ", defect,
                   "; export the session again and send the bytes exactly as they were answered"),
      {.reason = "SNAPSHOT_CORRUPT"});
}

absl::Status RecordCorrupt(absl::string_view key, absl::string_view defect) {
  return MakeError(absl::StatusCode::kDataLoss,
                   absl::StrCat("the record '", key, "' cannot be used: ", defect),
                   {.reason = "RECORD_CORRUPT"});
}

absl::Status StoreFailed(absl::string_view what, absl::string_view why) {
  return MakeError(absl::StatusCode::kUnavailable,
                   absl::StrCat("the store could not ", what, ": ", why,
                                "; what was asked for may stand in memory, but is not kept: ask "
                                "again with the same step_index, later"),
                   {.reason = "STORE_FAILED", .retry_delay = kRetryDelay});
}

absl::Status StoreUnusable(absl::string_view folder, absl::string_view why) {
  return MakeError(absl::StatusCode::kUnavailable,
                   absl::StrCat("the store in ", folder, " cannot be opened: ", why),
                   {.reason = "STORE_FAILED"});
}

absl::Status StoreInUse(absl::string_view folder) {
  return StoreUnusable(folder, "another server has it open; stop that one, or name another folder");
}

absl::Status StoreIsNoFolder(absl::string_view folder) {
  return StoreUnusable(folder, "that is a file; name a folder");
}

absl::Status StoreHasNoParent(absl::string_view folder, absl::string_view parent) {
  return StoreUnusable(folder, absl::StrCat("there is no folder ", parent,
                                            " to make it in; make that first, or name another"));
}

absl::Status StoreForbidden(absl::string_view folder) {
  return StoreUnusable(folder,
                       "this user may not write there; give it the folder (chown), or name "
                       "another");
}

absl::Status StoreReadOnly(absl::string_view folder) {
  return StoreUnusable(folder,
                       "the disk is mounted read-only; mount it otherwise, or name another");
}

absl::Status StoreFull(absl::string_view folder) {
  return StoreUnusable(folder, "the disk is full; make room, or name another");
}

absl::Status StoreDamaged(absl::string_view folder, absl::string_view why) {
  return StoreUnusable(folder,
                       absl::StrCat("it is damaged (", why, "); put a backup in its place"));
}

}  // namespace cellar
