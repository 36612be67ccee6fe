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

// DATA_LOSS: what is kept under `key` is no record that can be trusted.
absl::Status RecordCorrupt(absl::string_view key, absl::string_view defect);

// UNAVAILABLE: the store could not do `what`; `why` are the words of what it is made of. The caller
// may try again.
absl::Status StoreFailed(absl::string_view what, absl::string_view why);

// UNAVAILABLE: the store in `folder` cannot be opened, for now or for good.
absl::Status StoreUnusable(absl::string_view folder, absl::string_view why);

// The same because another server has it open: nothing is wrong with it.
absl::Status StoreInUse(absl::string_view folder);

// The same because it is a file.
absl::Status StoreIsNoFolder(absl::string_view folder);

// The same because there is no folder `parent` to make it in.
absl::Status StoreHasNoParent(absl::string_view folder, absl::string_view parent);

// The same because the server's user may not write there.
absl::Status StoreForbidden(absl::string_view folder);

// The same because nobody may: the disk is mounted read-only.
absl::Status StoreReadOnly(absl::string_view folder);

// The same because the disk is full.
absl::Status StoreFull(absl::string_view folder);

// The same because what is in it cannot be made sense of: the only case for a backup.
absl::Status StoreDamaged(absl::string_view folder, absl::string_view why);

}  // namespace cellar

#endif  // CELLAR_SERVER_STORE_STORE_ERRORS_H_
