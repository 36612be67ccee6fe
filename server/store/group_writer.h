// Group commit: one thread takes whatever waits to be written, writes it together, syncs once, and
// then tells everybody.
//
// Whoever submits an entry does not say what is written but how to find it out: `fill` is asked on
// the writer's thread just before the write, in the order of submission. So an entry that waited
// writes the newest there is, and one that finds its work done by another adds nothing.
//
// Thread safety: all methods may be called from any thread. No lock is held while `fill` or `done`
// run or the store works. Ownership: the store outlives the writer.
#ifndef CELLAR_SERVER_STORE_GROUP_WRITER_H_
#define CELLAR_SERVER_STORE_GROUP_WRITER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "server/store/record_store.h"

namespace cellar {

class GroupWriter {
 public:
  struct Entry {
    // Adds what is to be written; null: nothing, the entry only waits for those before it.
    absl::AnyInvocable<void(RecordBatch&)> fill = {};

    // Told what became of the whole group: OK once it is written, and synced if any entry of it
    // asked for that. Called exactly once, in the order of submission. Null: nobody asks.
    absl::AnyInvocable<void(absl::Status)> done = {};

    bool sync = true;

    // Must not be forgotten: if the write fails, `fill` is asked again for every group to come,
    // ahead of all others, until one succeeds. (`done` is told of the first.)
    bool lasting = false;
  };

  // Starts the thread.
  explicit GroupWriter(RecordStore& store);

  // Writes what waits, then stops.
  ~GroupWriter();

  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  void Submit(Entry entry);

  // Writes and syncs what `fill` gives, and waits for that: for threads that may wait. Errors: as
  // RecordStore::Write.
  absl::Status Await(absl::AnyInvocable<void(RecordBatch&)> fill);

  // The same for an entry whose `done` is null.
  absl::Status Await(Entry entry);

  // Waits until everything submitted before is written and told. Errors: that of the last write, if
  // it failed.
  absl::Status Flush();

  // The outcome of the last write; OK before the first. Lock-free as long as it is OK.
  absl::Status last_write() const;

  // Groups written so far: how well entries share.
  int64_t write_count() const { return write_count_.load(std::memory_order_relaxed); }

 private:
  void Run();
  void WriteGroup(std::deque<Entry> group);
  absl::Status WriteSome(absl::Span<Entry> entries);
  void SetLastWrite(absl::Status status);

  // Constant after construction, or locks itself.
  RecordStore& store_;
  std::atomic<bool> failing_{false};
  std::atomic<int64_t> write_count_{0};

  mutable absl::Mutex mutex_;
  std::deque<Entry> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status last_write_ ABSL_GUARDED_BY(mutex_);

  // Of the thread: lasting entries that are not written yet.
  std::deque<Entry> unwritten_;

  std::thread thread_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_STORE_GROUP_WRITER_H_
