#include "server/store/rocksdb_store.h"

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/listener.h"
#include "rocksdb/table.h"
#include "server/base/status_macros.h"
#include "server/store/store_errors.h"
#include "server/store/store_folder.h"

namespace cellar {
namespace {

rocksdb::Slice SliceOf(absl::string_view text) { return {text.data(), text.size()}; }
absl::string_view ViewOf(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// Takes what RocksDB would write to a log file of its own beside its data. What went wrong comes
// back as a status all the same; and when that file cannot be written, because the disk is full,
// RocksDB as it is packaged (with its assertions) ends the process.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

// Lets every failed write be tried again when Resume is called, and only then. By itself RocksDB
// takes some failures for final until the next start, and from others recovers in a way that makes
// Resume wait for ever. What had been written before is in memory and goes into tables first, so
// nothing depends on the log in which the write failed. And tables that cannot be merged, for there
// is damage in one, keep nobody from writing.
class EveryFailureCanPass final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override {
    if (error->IsIOError()) {
      *error = rocksdb::Status(*error, rocksdb::Status::Severity::kHardError);
    } else if (reason == rocksdb::BackgroundErrorReason::kCompaction && error->IsCorruption()) {
      *error = rocksdb::Status::OK();
      cannot_merge_.store(true);
    }
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*error*/,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }

  // Whether tables cannot be merged any more, the first time it is asked after that.
  bool TakeCannotMerge() { return cannot_merge_.load() && cannot_merge_.exchange(false); }

 private:
  std::atomic<bool> cannot_merge_{false};
};

rocksdb::Options DatabaseOptions(std::shared_ptr<EveryFailureCanPass> listener) {
  rocksdb::Options options;
  options.create_if_missing = true;
  // Numbers hardly shrink, and damage to a compressed block is damage to all records in it.
  options.compression = rocksdb::kNoCompression;
  // A log that ends in the middle of a write is what a crash leaves. Damage before its end is told:
  // nothing may be dropped in silence.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.write_buffer_size = size_t{32} << 20;
  options.max_total_wal_size = size_t{128} << 20;
  options.info_log = std::make_shared<SilentLogger>();
  options.listeners.push_back(std::move(listener));
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
  RocksdbStore(std::unique_ptr<rocksdb::DB> database, std::shared_ptr<EveryFailureCanPass> listener)
      : database_(std::move(database)), listener_(std::move(listener)) {}

  // Leaves everything in tables, where damage stays with the record it hits; in the log of writes
  // it would take along all records that were written together. If that fails the log still has
  // them.
  ~RocksdbStore() override { database_->Flush(rocksdb::FlushOptions()); }

  RocksdbStore(const RocksdbStore&) = delete;
  RocksdbStore& operator=(const RocksdbStore&) = delete;

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
    // RocksDB would try for ever, and let writes wait when there are many tables.
    if (listener_->TakeCannotMerge()) {
      database_->SetOptions({{"disable_auto_compactions", "true"}});
    }
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
  const std::shared_ptr<EveryFailureCanPass> listener_;
  bool failed_ = false;  // the last write; of whoever writes
};

// Whether somebody else has the folder, in another process or in this one. RocksDB has no code for
// it, only words.
bool IsInUse(const rocksdb::Status& status) {
  const std::string words = status.ToString();
  if (absl::StrContains(words, "lock hold by current process")) return true;
  return absl::StrContains(words, "While lock file") &&
         absl::StrContains(words, std::generic_category().message(EAGAIN));
}

absl::Status CannotOpen(const std::string& folder, const rocksdb::Status& why) {
  if (IsInUse(why)) return StoreInUse(folder);
  if (why.IsCorruption()) return StoreDamaged(folder, why.ToString());
  CELLAR_RETURN_IF_ERROR(CheckStoreFolder(folder));
  return why.IsNoSpace() ? StoreFull(folder) : StoreUnusable(folder, why.ToString());
}

}  // namespace

absl::StatusOr<std::unique_ptr<RecordStore>> OpenRocksdbStore(
    const std::string& folder, const std::function<void(const std::string&)>& log) {
  const auto listener = std::make_shared<EveryFailureCanPass>();
  rocksdb::Options options = DatabaseOptions(listener);
  rocksdb::DB* database = nullptr;
  rocksdb::Status opened = rocksdb::DB::Open(options, folder, &database);
  if (opened.IsCorruption()) {
    log(absl::StrCat("damaged: the store in ", folder, ": ", opened.ToString(),
                     "; the newest changes of some records may be lost"));
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
    opened = rocksdb::DB::Open(options, folder, &database);
  }
  if (!opened.ok()) return CannotOpen(folder, opened);
  // What is read later is not verified, so that damage takes no neighbours along; but a flipped bit
  // that makes a record disappear must be told, too.
  const rocksdb::Status sound = database->VerifyChecksum();
  if (!sound.ok()) {
    log(absl::StrCat("damaged: the store in ", folder, ": ", sound.ToString(),
                     "; some records may be unusable, or missing"));
  }
  return std::make_unique<RocksdbStore>(std::unique_ptr<rocksdb::DB>(database), listener);
}

}  // namespace cellar
