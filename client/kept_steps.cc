#include "client/kept_steps.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/call_status.h"

namespace cellar {
namespace {

// As long as on the wire, and what a message costs besides.
size_t BytesOf(const KeptMessage& message) {
  return sizeof(KeptMessage) + message.inputs.ByteSizeLong() + message.state_digest.size();
}

int64_t EndOf(const KeptMessage& message) { return message.first_step + message.step_count; }

}  // namespace

void KeptSteps::Add(v1::Tensor inputs, const v1::StepResponse& answer) {
  if (!messages_.empty() && EndOf(messages_.back()) != answer.first_step()) Clear();
  messages_.push_back(
      {answer.first_step(), answer.step_count(), std::move(inputs), answer.state_digest()});
  bytes_ += BytesOf(messages_.back());
  Forget(answer.durable_step());
  while (bytes_ > max_bytes_) PopFront();
}

void KeptSteps::Forget(int64_t durable_step) {
  while (!messages_.empty() && EndOf(messages_.front()) <= durable_step) PopFront();
}

void KeptSteps::Clear() {
  messages_.clear();
  bytes_ = 0;
}

std::optional<size_t> KeptSteps::Find(int64_t step) const {
  const auto found = std::lower_bound(
      messages_.begin(), messages_.end(), step,
      [](const KeptMessage& message, int64_t at) { return message.first_step < at; });
  if (found == messages_.end() || found->first_step != step) return std::nullopt;
  return static_cast<size_t>(found - messages_.begin());
}

absl::Status KeptSteps::CheckAgain(size_t place, const v1::StepResponse& answer) const {
  const KeptMessage& kept = messages_[place];
  if (answer.first_step() != kept.first_step || answer.step_count() != kept.step_count) {
    return BrokenPromise(absl::StrCat("an answer for step ", answer.first_step(), " where step ",
                                      kept.first_step, " was made again"));
  }
  if (answer.state_digest() == kept.state_digest) return absl::OkStatus();
  return BrokenPromise(absl::StrCat("another state after step ", EndOf(kept) - 1,
                                    " than before the connection broke (digest ",
                                    answer.state_digest(), " instead of ", kept.state_digest, ")"));
}

void KeptSteps::PopFront() {
  bytes_ -= BytesOf(messages_.front());
  messages_.pop_front();
}

}  // namespace cellar
