#include "server/rpc/step_exchange.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace cellar {
namespace {

using Exchanges = std::vector<std::unique_ptr<StepExchange>>;

// What a thread keeps at most, and what it hands over or takes at a time: few, as an answer is
// written, and its exchange given back, before the next message is read.
constexpr size_t kMaxOwnExchanges = 16;
constexpr size_t kHandedOver = kMaxOwnExchanges / 2;

// What all have for each other.
constexpr size_t kMaxSharedExchanges = 64;

// Of a tensor that is kept: more than any has that a cell takes.
constexpr int kMostKeptDimensions = 16;

// As EmptyRequest.
void EmptyResponse(v1::StreamStepsResponse& response) {
  if (!response.has_step()) return response.Clear();
  v1::StepResponse& step = *response.mutable_step();
  step.clear_first_step();
  step.clear_step_count();
  step.clear_next_step();
  step.clear_durable_step();
  step.clear_state_digest();
  if (!step.has_trace()) return;
  step.mutable_trace()->mutable_outputs()->Clear();
  step.mutable_trace()->clear_layers();
  step.mutable_trace()->clear_backward_layers();
}

// From threads that answer to those that read.
class SharedExchanges {
 public:
  void GiveTo(Exchanges& own) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    Move(std::min(kHandedOver, shared_.size()), shared_, own);
  }

  void TakeFrom(Exchanges& own) ABSL_LOCKS_EXCLUDED(mutex_) {
    Exchanges too_many;  // destroyed with no lock held
    absl::MutexLock lock(&mutex_);
    const size_t room = kMaxSharedExchanges - shared_.size();
    Move(std::min(kHandedOver, room), own, shared_);
    if (room < kHandedOver) Move(kHandedOver - room, own, too_many);
  }

 private:
  static void Move(size_t count, Exchanges& from, Exchanges& to) {
    const auto first = from.end() - static_cast<std::ptrdiff_t>(count);
    to.insert(to.end(), std::make_move_iterator(first), std::make_move_iterator(from.end()));
    from.erase(first, from.end());
  }

  absl::Mutex mutex_;
  Exchanges shared_ ABSL_GUARDED_BY(mutex_);
};

SharedExchanges& OfAllThreads() {
  static SharedExchanges& shared = *new SharedExchanges;  // lives as long as any thread
  return shared;
}

Exchanges& OfThisThread() {
  thread_local Exchanges own;
  return own;
}

}  // namespace

void EmptyRequest(v1::StreamStepsRequest& request) {
  std::unique_ptr<v1::StreamStepsStep> step(request.release_step());
  request.Clear();
  if (step == nullptr) return;
  std::unique_ptr<v1::Tensor> inputs(step->release_inputs());
  step->Clear();
  if (inputs != nullptr && inputs->shape().Capacity() <= kMostKeptDimensions) {
    inputs->Clear();
    step->set_allocated_inputs(inputs.release());
  }
  request.set_allocated_step(step.release());
}

std::unique_ptr<StepExchange> TakeExchange() {
  Exchanges& own = OfThisThread();
  if (own.empty()) OfAllThreads().GiveTo(own);
  if (own.empty()) return std::make_unique<StepExchange>();
  std::unique_ptr<StepExchange> exchange = std::move(own.back());
  own.pop_back();
  return exchange;
}

std::unique_ptr<StepExchange> TakeExchange(Incoming& message) {
  constexpr uint8_t kStepTag = v1::StreamStepsRequest::kStepFieldNumber << 3 | 2;
  std::unique_ptr<StepExchange> exchange = TakeExchange();
  if (!message.BeginsWith(kStepTag)) exchange->request.Clear();
  return exchange;
}

void GiveBackExchange(std::unique_ptr<StepExchange> exchange) {
  if (exchange->most_bytes > kMostKeptExchangeBytes) {
    exchange->request.Clear();
    exchange->response.Clear();
  } else {
    EmptyRequest(exchange->request);
    EmptyResponse(exchange->response);
  }
  exchange->keep_alive = nullptr;
  exchange->answered = false;
  exchange->status = absl::OkStatus();
  Exchanges& own = OfThisThread();
  if (own.size() == kMaxOwnExchanges) OfAllThreads().TakeFrom(own);
  own.push_back(std::move(exchange));
}

}  // namespace cellar
