// A RecordStore in memory that fails and forgets when the test wants it to.
//
// Thread safety: all methods may be called from any thread.
#ifndef CELLAR_TESTS_TESTING_FAULT_STORE_H_
#define CELLAR_TESTS_TESTING_FAULT_STORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/synchronization/mutex.h"
#include "server/store/record_store.h"
#include "server/store/store_errors.h"

namespace cellar {

class FaultStore final : public RecordStore {
 public:
  enum class Fault {
    kNone,
    kWriteFails,        // nothing is written: the disk is full, or read-only
    kWriteSeemsToFail,  // everything is written, and an error told
    kReadFails,
    kNextWriteFails,  // as kWriteFails, but once
  };

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override {
    if (const std::function<void()> meanwhile = TakeMeanwhile()) meanwhile();
    absl::MutexLock lock(&mutex_);
    ++read_count_;
    if (fault_ == Fault::kReadFails) return StoreFailed("read", "told to fail");
    const auto found = records_.find(std::string(key));
    if (found == records_.end()) return std::nullopt;
    return found->second;
  }

  absl::Status Write(const RecordBatch& batch, bool sync) override {
    absl::MutexLock lock(&mutex_);
    is_writing_ = true;
    mutex_.Await(absl::Condition(
        +[](bool* held) { return !*held; }, &writes_held_));
    is_writing_ = false;
    ++write_count_;
    if (sync) ++sync_count_;
    const bool fails_once = fault_ == Fault::kNextWriteFails;
    if (fails_once) fault_ = Fault::kNone;
    if (fails_once || fault_ == Fault::kWriteFails)
      return StoreFailed("write", "No space left on device");
    for (const RecordBatch::Change& change : batch.changes()) {
      if (change.value.has_value()) {
        records_[change.key] = *change.value;
      } else {
        records_.erase(change.key);
      }
    }
    if (sync) synced_ = records_;
    if (fault_ == Fault::kWriteSeemsToFail) return StoreFailed("write", "told to fail");
    return absl::OkStatus();
  }

  absl::Status ForEach(
      absl::string_view prefix,
      const std::function<void(absl::string_view, absl::string_view)>& visit) const override {
    absl::MutexLock lock(&mutex_);
    if (fault_ == Fault::kReadFails) return StoreFailed("read", "told to fail");
    for (auto at = records_.lower_bound(std::string(prefix));
         at != records_.end() && absl::StartsWith(at->first, prefix); ++at) {
      visit(at->first, at->second);
    }
    return absl::OkStatus();
  }

  // From now on.
  void Fail(Fault fault) {
    absl::MutexLock lock(&mutex_);
    fault_ = fault;
  }

  // Lets this happen once, at the beginning of the next Get, on its thread.
  void DuringNextGet(std::function<void()> meanwhile) {
    absl::MutexLock lock(&mutex_);
    meanwhile_ = std::move(meanwhile);
  }

  // Writes wait until they are let go. REQUIRES: they are before the store is destroyed.
  void HoldWrites(bool held) {
    absl::MutexLock lock(&mutex_);
    writes_held_ = held;
  }

  // Waits for a write that waits. REQUIRES: writes are held, and there will be one.
  void AwaitHeldWrite() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&is_writing_));
  }

  // The power is lost: what was not synced is gone.
  void LosePower() {
    absl::MutexLock lock(&mutex_);
    records_ = synced_;
  }

  // Flips one bit of the record. REQUIRES: it is there, and has so many.
  void FlipBit(const std::string& key, size_t bit) {
    absl::MutexLock lock(&mutex_);
    records_.at(key).at(bit / 8) ^= static_cast<char>(1 << (bit % 8));
  }

  std::vector<std::string> keys() const {
    absl::MutexLock lock(&mutex_);
    std::vector<std::string> keys;
    for (const auto& [key, value] : records_) keys.push_back(key);
    return keys;
  }

  bool Has(const std::string& key) const {
    absl::MutexLock lock(&mutex_);
    return records_.contains(key);
  }

  std::string record(const std::string& key) const {
    absl::MutexLock lock(&mutex_);
    return records_.at(key);
  }

  int64_t read_count() const {
    absl::MutexLock lock(&mutex_);
    return read_count_;
  }
  int64_t write_count() const {
    absl::MutexLock lock(&mutex_);
    return write_count_;
  }
  int64_t sync_count() const {
    absl::MutexLock lock(&mutex_);
    return sync_count_;
  }

 private:
  std::function<void()> TakeMeanwhile() const {
    absl::MutexLock lock(&mutex_);
    return std::exchange(meanwhile_, nullptr);
  }

  mutable absl::Mutex mutex_;
  std::map<std::string, std::string> records_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> synced_ ABSL_GUARDED_BY(mutex_);
  Fault fault_ ABSL_GUARDED_BY(mutex_) = Fault::kNone;
  mutable std::function<void()> meanwhile_ ABSL_GUARDED_BY(mutex_);
  bool writes_held_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
  mutable int64_t read_count_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t write_count_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t sync_count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_FAULT_STORE_H_
