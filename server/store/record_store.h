// Where bytes rest: records by key. What stands behind it is RocksDB (rocksdb_store.h), or memory
// in tests.
//
// Thread safety: all methods may be called from any thread; Write by one at a time.
#ifndef CELLAR_SERVER_STORE_RECORD_STORE_H_
#define CELLAR_SERVER_STORE_RECORD_STORE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cellar {

// Changes that are made together or not at all, in this order.
class RecordBatch {
 public:
  struct Change {
    std::string key;
    std::optional<std::string> value;  // nothing: the key is removed
  };

  void Put(std::string key, std::string value) {
    size_bytes_ += static_cast<int64_t>(key.size() + value.size());
    changes_.push_back({std::move(key), std::move(value)});
  }
  void Remove(std::string key) { changes_.push_back({std::move(key), std::nullopt}); }

  const std::vector<Change>& changes() const { return changes_; }
  bool empty() const { return changes_.empty(); }
  int64_t size_bytes() const { return size_bytes_; }

 private:
  std::vector<Change> changes_;
  int64_t size_bytes_ = 0;
};

class RecordStore {
 public:
  virtual ~RecordStore() = default;

  // The bytes under `key`; nothing if there are none. Errors: STORE_FAILED.
  virtual absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const = 0;

  // Makes the changes; with `sync` they survive the loss of power when this returns. After an error
  // (STORE_FAILED) either all or none of them have been made, and the next Write may succeed.
  virtual absl::Status Write(const RecordBatch& batch, bool sync) = 0;

  // Shows every record whose key begins with `prefix`, in the order of keys, as of one moment.
  // `visit` must not call the store. Errors: STORE_FAILED, after as many as could be shown.
  virtual absl::Status ForEach(
      absl::string_view prefix,
      const std::function<void(absl::string_view key, absl::string_view value)>& visit) const = 0;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_STORE_RECORD_STORE_H_
