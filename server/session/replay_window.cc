#include "server/session/replay_window.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace cellar {
namespace {

int64_t InputBytes(const AnyInputs& inputs) {
  return std::visit(
      [](const auto& values) { return static_cast<int64_t>(values.size() * sizeof(values[0])); },
      inputs);
}

// An entry that lacks something counts nothing: Commit refuses it.
int64_t EntryBytes(const ReplayEntry& entry) {
  if (entry.state_before == nullptr || entry.inputs == nullptr) return 0;
  return StackStateBytes(*entry.state_before) + InputBytes(*entry.inputs);
}

int64_t EndOf(const ReplayEntry& entry) { return entry.first_step + entry.step_count; }

// The first `kept_steps` steps of `entry`. REQUIRES: 0 < kept_steps <= entry.step_count.
ReplayEntry FirstSteps(const ReplayEntry& entry, int64_t kept_steps) {
  AnyInputs inputs = std::visit(
      [&](const auto& values) -> AnyInputs {
        const int64_t input_size = static_cast<int64_t>(values.size()) / entry.step_count;
        return std::decay_t<decltype(values)>(values.begin(),
                                              values.begin() + kept_steps * input_size);
      },
      *entry.inputs);
  return {entry.first_step, kept_steps, entry.state_before,
          std::make_shared<const AnyInputs>(std::move(inputs))};
}

}  // namespace

ReplayEntry ReplayWindow::Push(ReplayEntry entry) {
  assert(entries_.empty() || entry.first_step == EndOf(entries_.back()));
  if (max_requests_ < 1) return entry;
  size_bytes_ += GrowthBy(entry).bytes;
  ReplayEntry oldest;
  if (IsFull()) {
    oldest = std::move(entries_.front());
    entries_.pop_front();
  }
  entries_.push_back(std::move(entry));
  return oldest;
}

ReplayWindow::Growth ReplayWindow::GrowthBy(const ReplayEntry& entry) const {
  if (max_requests_ < 1) return {};
  if (!IsFull()) return {EntryBytes(entry), 1};
  return {EntryBytes(entry) - EntryBytes(entries_.front()), 0};
}

const ReplayEntry* ReplayWindow::Find(int64_t step) const {
  const auto after = std::upper_bound(
      entries_.begin(), entries_.end(), step,
      [](int64_t wanted, const ReplayEntry& entry) { return wanted < entry.first_step; });
  if (after == entries_.begin()) return nullptr;
  const ReplayEntry& entry = *(after - 1);
  return step < EndOf(entry) ? &entry : nullptr;
}

void ReplayWindow::TruncateAt(int64_t step) {
  while (!entries_.empty() && entries_.back().first_step >= step) {
    size_bytes_ -= EntryBytes(entries_.back());
    entries_.pop_back();
  }
  if (entries_.empty() || EndOf(entries_.back()) <= step) return;
  ReplayEntry& newest = entries_.back();
  size_bytes_ -= EntryBytes(newest);
  newest = FirstSteps(newest, step - newest.first_step);
  size_bytes_ += EntryBytes(newest);
}

void ReplayWindow::Clear() {
  entries_.clear();
  size_bytes_ = 0;
}

int64_t ReplayWindow::OldestStep(int64_t next_step) const {
  return entries_.empty() ? next_step : entries_.front().first_step;
}

}  // namespace cellar
