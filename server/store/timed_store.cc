#include "server/store/timed_store.h"

namespace cellar {

absl::StatusOr<std::optional<std::string>> TimedStore::Get(absl::string_view key) const {
  const absl::Time begin_time = clock_.Now();
  absl::StatusOr<std::optional<std::string>> value = store_->Get(key);
  read_seconds_.Observe(clock_.Now() - begin_time);
  return value;
}

absl::Status TimedStore::Write(const RecordBatch& batch, bool sync) {
  const absl::Time begin_time = clock_.Now();
  absl::Status written = store_->Write(batch, sync);
  (sync ? sync_seconds_ : write_seconds_).Observe(clock_.Now() - begin_time);
  return written;
}

}  // namespace cellar
