#include "server/store/rocksdb_store.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/db.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"
#include "server/store/store_errors.h"

namespace cellar {
namespace {

rocksdb::Slice SliceOf(absl::string_view text) { return {text.data(), text.size()}; }
absl::string_view ViewOf(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

rocksdb::Options DatabaseOptions() {
  rocksdb::Options options;
  options.create_if_missing = true;
  // Numbers hardly shrink, and damage to a compressed block is damage to all records in it.
  options.compression = rocksdb::kNoCompression;
  // A log that ends in the middle of a write is what a crash leaves. Damage before its end is told:
  // nothing may be dropped in silence.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.write_buffer_size = size_t{32} << 20;
  options.max_total_wal_size = size_t{128} << 20;
  options.keep_log_file_num = 4;
  options.max_log_file_size = size_t{1} << 20;
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));  // most names asked for are new
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

// Records have checksums of their own, which tell whose bytes are damaged; RocksDB's tell of a
// whole block, and it would show none of its records.
rocksdb::ReadOptions Unverified() {
  rocksdb::ReadOptions options;
  options.verify_checksums = false;
  return options;
}

class RocksdbStore final : public RecordStore {
 public:
  explicit RocksdbStore(std::unique_ptr<rocksdb::DB> database) : database_(std::move(database)) {}

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override {
    std::string value;
    const rocksdb::Status got = database_->Get(Unverified(), SliceOf(key), &value);
    if (got.IsNotFound()) return std::nullopt;
    if (!got.ok()) return StoreFailed("read", got.ToString());
    return value;
  }

  absl::Status Write(const RecordBatch& batch, bool sync) override {
    // After a failed write RocksDB refuses everything until it is told to try again.
    if (failed_) database_->Resume();
    rocksdb::WriteBatch changes;
    for (const RecordBatch::Change& change : batch.changes()) {
      if (change.value.has_value()) {
        changes.Put(change.key, *change.value);
      } else {
        changes.Delete(change.key);
      }
    }
    rocksdb::WriteOptions options;
    options.sync = sync;
    const rocksdb::Status written = database_->Write(options, &changes);
    failed_ = !written.ok();
    return failed_ ? StoreFailed("write", written.ToString()) : absl::OkStatus();
  }

  absl::Status ForEach(
      absl::string_view prefix,
      const std::function<void(absl::string_view, absl::string_view)>& visit) const override {
    const std::unique_ptr<rocksdb::Iterator> at(database_->NewIterator(Unverified()));
    for (at->Seek(SliceOf(prefix)); at->Valid(); at->Next()) {
      if (!absl::StartsWith(ViewOf(at->key()), prefix)) break;
      visit(ViewOf(at->key()), ViewOf(at->value()));
    }
    if (!at->status().ok()) return StoreFailed("read all", at->status().ToString());
    return absl::OkStatus();
  }

 private:
  const std::unique_ptr<rocksdb::DB> database_;
  bool failed_ = false;  // the last write; of whoever writes
};

}  // namespace

absl::StatusOr<std::unique_ptr<RecordStore>> OpenRocksdbStore(
    const std::string& folder, const std::function<void(const std::string&)>& log) {
  rocksdb::Options options = DatabaseOptions();
  rocksdb::DB* database = nullptr;
  rocksdb::Status opened = rocksdb::DB::Open(options, folder, &database);
  if (opened.IsCorruption()) {
    log(absl::StrCat("damaged: the store in ", folder, ": ", opened.ToString(),
                     "; the newest changes of some records may be lost"));
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
    opened = rocksdb::DB::Open(options, folder, &database);
  }
  if (!opened.ok()) return StoreFailed("open its folder", opened.ToString());
  return std::make_unique<RocksdbStore>(std::unique_ptr<rocksdb::DB>(database));
}

}  // namespace cellar
