// A RecordStore in a folder, by RocksDB.
//
// Thread safety: as RecordStore.
#ifndef CELLAR_SERVER_STORE_ROCKSDB_STORE_H_
#define CELLAR_SERVER_STORE_ROCKSDB_STORE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/store/record_store.h"

namespace cellar {

// Opens the store in `folder`, which is made if need be; no other process may have it open. If the
// log of the newest changes is damaged, what can be read of it counts, and `log` is told. Errors:
// STORE_FAILED, with what RocksDB says.
absl::StatusOr<std::unique_ptr<RecordStore>> OpenRocksdbStore(
    const std::string& folder, const std::function<void(const std::string&)>& log);

}  // namespace cellar

#endif  // CELLAR_SERVER_STORE_ROCKSDB_STORE_H_
