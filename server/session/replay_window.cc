#include "server/session/replay_window.h"

#include <algorithm>
#include <cassert>
#include <memory>
#include <new>
#include <numeric>
#include <utility>

#include "server/base/spare_blocks.h"

namespace cellar {
namespace {

// An entry that lacks something counts nothing: Commit refuses it.
int64_t EntryBytes(const ReplayEntry& entry) {
  if (entry.state_before == nullptr || entry.inputs == nullptr) return 0;
  return entry.state_before.size_bytes() + entry.inputs.size_bytes();
}

int64_t EndOf(const ReplayEntry& entry) { return entry.first_step + entry.step_count; }

template <class Real>
SharedNumbers FirstOf(const SharedNumbers& numbers, int64_t count) {
  return SharedNumbers::Of(numbers.As<Real>().first(static_cast<size_t>(count)));
}

// The first `kept_steps` steps of `entry`. REQUIRES: 0 < kept_steps <= entry.step_count.
ReplayEntry FirstSteps(const ReplayEntry& entry, int64_t kept_steps) {
  const int64_t count = entry.inputs.count() / entry.step_count * kept_steps;
  return {entry.first_step, kept_steps, entry.state_before,
          entry.inputs.is_double() ? FirstOf<double>(entry.inputs, count)
                                   : FirstOf<float>(entry.inputs, count)};
}

}  // namespace

ReplayWindow::ReplayWindow(const ReplayWindow& other) : word_(WordOf(other.max_requests())) {
  if (other.entry_count() == 0) return;
  Ring* const copy = MakeRing(other.max_requests(), other.entry_count());
  copy->count = other.ring()->count;
  copy->oldest = other.ring()->oldest;
  std::uninitialized_copy_n(other.entries().begin(), copy->count, EntriesOf(copy));
  word_ = reinterpret_cast<uintptr_t>(copy);
}

ReplayWindow::Ring* ReplayWindow::MakeRing(int64_t max_requests, int64_t capacity) {
  static_assert(sizeof(Ring) % alignof(ReplayEntry) == 0, "entries follow");
  return new (TakeBlock(BytesOfRing(capacity)))
      Ring{static_cast<uint16_t>(max_requests), 0, static_cast<uint16_t>(capacity), 0};
}

void ReplayWindow::Free(Ring* ring) {
  if (ring == nullptr) return;
  std::destroy_n(EntriesOf(ring), ring->count);
  GiveBackBlock(ring, BytesOfRing(ring->capacity));
}

void ReplayWindow::Grow() {
  Ring* const old = ring();
  const int64_t count = entry_count();
  if (old != nullptr && count < old->capacity) return;
  const int64_t capacity = std::min(max_requests(), std::max<int64_t>(1, 2 * count));
  Ring* const grown = MakeRing(max_requests(), capacity);
  if (old != nullptr) {  // which is not full: its entries are in order
    grown->count = old->count;
    std::uninitialized_move_n(EntriesOf(old), count, EntriesOf(grown));
  }
  word_ = reinterpret_cast<uintptr_t>(grown);
  Free(old);
}

ReplayEntry ReplayWindow::Push(ReplayEntry entry) {
  assert(entry_count() == 0 || entry.first_step == EndOf(this->entry(entry_count() - 1)));
  if (max_requests() < 1) return entry;
  if (!IsFull()) {
    Grow();
    new (EntriesOf(ring()) + ring()->count) ReplayEntry(std::move(entry));
    ++ring()->count;
    return {};
  }
  std::swap(entries()[ring()->oldest], entry);
  ring()->oldest = static_cast<uint16_t>(PlaceOf(1));
  return entry;
}

ReplayWindow::Growth ReplayWindow::GrowthBy(const ReplayEntry& entry) const {
  if (max_requests() < 1) return {};
  if (!IsFull()) return {EntryBytes(entry), 1};
  const int64_t row_bytes = entry.inputs.size_bytes() / entry.step_count;
  return {(entry.step_count - this->entry(0).step_count) * row_bytes, 0};
}

int64_t ReplayWindow::SizeBytes() const {
  return std::accumulate(
      entries().begin(), entries().end(), int64_t{0},
      [](int64_t bytes, const ReplayEntry& entry) { return bytes + EntryBytes(entry); });
}

const ReplayEntry* ReplayWindow::Find(int64_t step) const {
  int64_t begin = 0;  // the first entry that begins behind `step` is in [begin, end]
  int64_t end = entry_count();
  while (begin < end) {
    const int64_t middle = begin + (end - begin) / 2;
    if (entry(middle).first_step <= step) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  if (begin == 0) return nullptr;
  const ReplayEntry& found = entry(begin - 1);
  return step < EndOf(found) ? &found : nullptr;
}

void ReplayWindow::TruncateAt(int64_t step) {
  if (ring() == nullptr) return;
  TruncateRingAt(step);
  // What is charged is what the entries take.
  if (ring()->capacity > 2 * ring()->count) *this = ReplayWindow(std::as_const(*this));
}

void ReplayWindow::TruncateRingAt(int64_t step) {
  Ring& kept = *ring();
  std::rotate(entries().begin(), entries().begin() + kept.oldest, entries().end());
  kept.oldest = 0;
  while (kept.count > 0 && entries().back().first_step >= step) {
    std::destroy_at(&entries().back());
    --kept.count;
  }
  if (kept.count == 0 || EndOf(entries().back()) <= step) return;
  ReplayEntry& newest = entries().back();
  newest = FirstSteps(newest, step - newest.first_step);
}

}  // namespace cellar
