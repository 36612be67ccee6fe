#include "server/store/store_errors.h"

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace cellar {

absl::Status SnapshotCorrupt(absl::string_view defect) {
  return MakeError(
      absl::StatusCode::kDataLoss,
      absl::StrCat("the snapshot cannot be used: ", defect,
                   "; export the session again and send the bytes exactly as they were answered"),
      {.reason = "SNAPSHOT_CORRUPT"});
}

}  // namespace cellar
