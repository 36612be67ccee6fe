#include "server/store/group_writer.h"

#include <iterator>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"

namespace cellar {
namespace {

// A group takes this many at most: enough to share a sync, few enough that the first does not wait
// long for the last.
constexpr size_t kMostEntries = 1024;

}  // namespace

GroupWriter::GroupWriter(RecordStore& store) : store_(store), thread_([this] { Run(); }) {}

GroupWriter::~GroupWriter() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void GroupWriter::Submit(Entry entry) {
  absl::MutexLock lock(&mutex_);
  waiting_.push_back(std::move(entry));
}

absl::Status GroupWriter::Await(absl::AnyInvocable<void(RecordBatch&)> fill) {
  return Await(Entry{.fill = std::move(fill)});
}

absl::Status GroupWriter::Await(Entry entry) {
  absl::Status outcome;
  absl::Notification told;
  entry.done = [&](absl::Status written) {
    outcome = std::move(written);
    told.Notify();
  };
  Submit(std::move(entry));
  told.WaitForNotification();
  return outcome;
}

absl::Status GroupWriter::Flush() { return Await(nullptr); }

absl::Status GroupWriter::last_write() const {
  if (!failing_.load(std::memory_order_acquire)) return absl::OkStatus();
  absl::MutexLock lock(&mutex_);
  return last_write_;
}

void GroupWriter::SetLastWrite(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  failing_.store(!status.ok(), std::memory_order_release);
  last_write_ = std::move(status);
}

void GroupWriter::Run() {
  while (true) {
    std::deque<Entry> group;
    {
      absl::MutexLock lock(&mutex_);
      const auto something = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
        return !waiting_.empty() || stopping_;
      };
      mutex_.Await(absl::Condition(&something));
      if (waiting_.empty()) return;
      group.swap(waiting_);
    }
    WriteGroup(std::move(group));
  }
}

void GroupWriter::WriteGroup(std::deque<Entry> group) {
  std::vector<Entry> entries(std::make_move_iterator(group.begin()),
                             std::make_move_iterator(group.end()));
  absl::Span<Entry> left = absl::MakeSpan(entries);
  while (!left.empty()) {
    const absl::Span<Entry> some = left.subspan(0, kMostEntries);
    left.remove_prefix(some.size());
    const absl::Status written = WriteSome(some);
    for (Entry& entry : some) {
      if (entry.done != nullptr) std::exchange(entry.done, nullptr)(written);
      if (entry.lasting && !written.ok()) {
        unwritten_.push_back(std::move(entry));
      } else {
        entry.fill = nullptr;  // what it refers to may go
      }
    }
  }
}

absl::Status GroupWriter::WriteSome(absl::Span<Entry> entries) {
  RecordBatch batch;
  for (Entry& entry : unwritten_) entry.fill(batch);
  bool sync = !batch.empty();
  for (Entry& entry : entries) {
    const size_t before = batch.changes().size();
    if (entry.fill != nullptr) entry.fill(batch);
    sync = sync || (entry.sync && batch.changes().size() > before);
  }
  if (batch.empty()) return last_write();
  absl::Status written = store_.Write(batch, sync);
  write_count_.fetch_add(1, std::memory_order_relaxed);
  if (written.ok()) unwritten_.clear();
  SetLastWrite(written);
  return written;
}

}  // namespace cellar
