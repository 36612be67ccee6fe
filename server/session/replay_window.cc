#include "server/session/replay_window.h"

#include <algorithm>
#include <cassert>
#include <utility>

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

ReplayEntry ReplayWindow::Push(ReplayEntry entry) {
  assert(ring_.empty() || entry.first_step == EndOf(this->entry(entry_count() - 1)));
  if (max_requests_ < 1) return entry;
  size_bytes_ += GrowthBy(entry).bytes;
  if (!IsFull()) {
    ring_.push_back(std::move(entry));
    return {};
  }
  std::swap(ring_[oldest_], entry);
  oldest_ = PlaceOf(1);
  return entry;
}

ReplayWindow::Growth ReplayWindow::GrowthBy(const ReplayEntry& entry) const {
  if (max_requests_ < 1) return {};
  if (!IsFull()) return {EntryBytes(entry), 1};
  const int64_t row_bytes = entry.inputs.size_bytes() / entry.step_count;
  return {(entry.step_count - ring_[oldest_].step_count) * row_bytes, 0};
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
  std::rotate(ring_.begin(), ring_.begin() + static_cast<ptrdiff_t>(oldest_), ring_.end());
  oldest_ = 0;
  while (!ring_.empty() && ring_.back().first_step >= step) {
    size_bytes_ -= EntryBytes(ring_.back());
    ring_.pop_back();
  }
  if (ring_.empty() || EndOf(ring_.back()) <= step) return;
  ReplayEntry& newest = ring_.back();
  size_bytes_ -= EntryBytes(newest);
  newest = FirstSteps(newest, step - newest.first_step);
  size_bytes_ += EntryBytes(newest);
}

void ReplayWindow::Clear() {
  std::vector<ReplayEntry>().swap(ring_);
  oldest_ = 0;
  size_bytes_ = 0;
}

int64_t ReplayWindow::OldestStep(int64_t next_step) const {
  return ring_.empty() ? next_step : ring_[oldest_].first_step;
}

}  // namespace cellar
