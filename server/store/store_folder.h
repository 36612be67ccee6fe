// Whether a folder can be a store's, as far as the system tells.
//
// Thread safety: a function; no shared state.
#ifndef CELLAR_SERVER_STORE_STORE_FOLDER_H_
#define CELLAR_SERVER_STORE_STORE_FOLDER_H_

#include <string>

#include "absl/status/status.h"

namespace cellar {

// Looks at the folder, or at where it would be made; makes nothing. OK says no more than that none
// of this is wrong with it. Errors, all UNAVAILABLE: StoreIsNoFolder, StoreHasNoParent,
// StoreForbidden, StoreReadOnly, StoreFull.
absl::Status CheckStoreFolder(const std::string& folder);

}  // namespace cellar

#endif  // CELLAR_SERVER_STORE_STORE_FOLDER_H_
