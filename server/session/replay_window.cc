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

int64_t EntryBytes(const ReplayEntry& entry) {
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

void ReplayWindow::Push(ReplayEntry entry) {
  assert(entries_.empty() || entry.first_step == EndOf(entries_.back()));
  entries_.push_back(std::move(entry));
  while (static_cast<int64_t>(entries_.size()) > max_requests_) entries_.pop_front();
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
  while (!entries_.empty() && entries_.back().first_step >= step) entries_.pop_back();
  if (entries_.empty() || EndOf(entries_.back()) <= step) return;
  entries_.back() = FirstSteps(entries_.back(), step - entries_.back().first_step);
}

int64_t ReplayWindow::OldestStep(int64_t next_step) const {
  return entries_.empty() ? next_step : entries_.front().first_step;
}

int64_t ReplayWindow::SizeBytes() const {
  int64_t bytes = 0;
  for (const ReplayEntry& entry : entries_) bytes += EntryBytes(entry);
  return bytes;
}

}  // namespace cellar
