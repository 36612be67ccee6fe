// The failures of bytes at rest, one function each.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_STORE_STORE_ERRORS_H_
#define CELLAR_SERVER_STORE_STORE_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cellar {

// DATA_LOSS: these bytes are no snapshot that can be trusted; `defect` says what is wrong with
// them.
absl::Status SnapshotCorrupt(absl::string_view defect);

}  // namespace cellar

#endif  // CELLAR_SERVER_STORE_STORE_ERRORS_H_
