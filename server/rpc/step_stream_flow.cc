#include "server/rpc/step_stream_flow.h"

#include <algorithm>
#include <utility>

#include "server/api/api_errors.h"
#include "server/rpc/rpc_errors.h"

namespace cellar {
namespace {

// HTTP/2 lets 64 KiB of a stream be under way that nobody has taken: 64 answers of this length.
constexpr int64_t kMostBytesWithRead = 1024;

}  // namespace

StepStreamFlow::Action StepStreamFlow::Next() {
  if (finished_) return {};
  if (std::unique_ptr<StepExchange> unwanted = TakeUnwanted()) {
    return {.what = Do::kGiveBack, .answer = std::move(unwanted)};
  }
  if (const int64_t due = ChargeFor(bytes_); due != charged_) {
    charged_ = due;
    return {.what = Do::kCharge, .bytes = due};
  }
  if (MayWrite()) return WriteAction();
  if (received_ != nullptr) {
    ++unanswered_;
    return {.what = opened_ ? Do::kStep : Do::kOpen, .exchange = std::exchange(received_, nullptr)};
  }
  if (MayRead()) {
    reading_ = true;
    return {.what = Do::kRead};
  }
  if (MayFinish()) {
    finished_ = true;
    return {.what = Do::kFinish, .status = FinalStatus()};
  }
  return {};
}

// Where nothing else is under way, so that nothing can be written before the next message comes,
// that is asked for along with the answer. It is not seen then before the client has taken the
// answer; so only with small ones, of which HTTP/2 has room for as many as may wait here. The first
// answer goes alone, as gRPC sends something in front of it.
StepStreamFlow::Action StepStreamFlow::WriteAction() {
  writing_ = true;
  std::unique_ptr<StepExchange> answer = PopFront();
  writing_bytes_ = answer->bytes;
  bytes_ += writing_bytes_;
  const bool is_first = !std::exchange(any_answer_, true);
  const bool is_small = writing_bytes_ <= kMostBytesWithRead;
  writes_with_read_ = is_small && !is_first && exchanges_.empty() && MayRead();
  if (!writes_with_read_) return {.what = Do::kWrite, .answer = std::move(answer)};
  reading_ = true;
  return {.what = Do::kWriteAndRead, .answer = std::move(answer)};
}

void StepStreamFlow::ReadDone() {
  reading_ = false;
  if (writing_ && writes_with_read_) WriteDone();
}

std::unique_ptr<StepExchange> StepStreamFlow::Arrived(std::unique_ptr<StepExchange> arrived,
                                                      absl::StatusOr<int64_t> bytes) {
  ReadDone();
  if (end_.has_value() || answer_failed_ || cancelled_) return arrived;
  any_message_ = true;
  exchanges_.push_back(std::move(arrived));
  StepExchange* const exchange = exchanges_.back().get();
  exchange->bytes = bytes.value_or(0);
  exchange->most_bytes = exchange->bytes;
  bytes_ += exchange->bytes;
  if (bytes.ok()) {
    received_ = exchange;
    return nullptr;
  }
  ++unanswered_;
  AnswerDone(exchange, std::move(bytes).status());
  return nullptr;
}

void StepStreamFlow::InputClosed() {
  ReadDone();
  input_closed_ = true;
}

void StepStreamFlow::AnswerDone(StepExchange* exchange, absl::Status status) {
  --unanswered_;
  exchange->answered = true;
  bytes_ -= exchange->bytes;
  exchange->bytes = status.ok() ? static_cast<int64_t>(exchange->response.ByteSizeLong()) : 0;
  exchange->most_bytes = std::max(exchange->most_bytes, exchange->bytes);
  bytes_ += exchange->bytes;
  if (status.ok()) {
    opened_ = true;
  } else {
    answer_failed_ = true;
  }
  exchange->status = std::move(status);
}

void StepStreamFlow::WriteDone() {
  writing_ = false;
  bytes_ -= writing_bytes_;
}

void StepStreamFlow::End(absl::Status status) {
  if (!end_.has_value()) end_ = std::move(status);
}

void StepStreamFlow::Cancel() { cancelled_ = true; }

// A message that need not be answered any more, or an answer that will not be written: any once
// cancelled, else those from the first failure on. Null: there is none.
std::unique_ptr<StepExchange> StepStreamFlow::TakeUnwanted() {
  if (received_ != nullptr && (cancelled_ || answer_failed_)) {
    received_ = nullptr;
    std::unique_ptr<StepExchange> newest = std::move(exchanges_.back());
    exchanges_.pop_back();
    bytes_ -= newest->bytes;
    return newest;
  }
  if (exchanges_.empty() || !exchanges_.front()->answered) return nullptr;
  const absl::Status& status = exchanges_.front()->status;
  if (!status.ok() && !failure_.has_value()) failure_ = status;
  return cancelled_ || failure_.has_value() ? PopFront() : nullptr;
}

std::unique_ptr<StepExchange> StepStreamFlow::PopFront() {
  std::unique_ptr<StepExchange> exchange = std::move(exchanges_.front());
  exchanges_.erase(exchanges_.begin());
  bytes_ -= exchange->bytes;
  return exchange;
}

bool StepStreamFlow::MayWrite() const {
  return !writing_ && !exchanges_.empty() && exchanges_.front()->answered;
}

bool StepStreamFlow::MayRead() const {
  if (reading_ || input_closed_ || end_.has_value() || answer_failed_ || cancelled_) return false;
  if (!opened_) return exchanges_.empty();
  return unanswered_ < limits_.max_unanswered && bytes_ < limits_.max_bytes &&
         static_cast<int64_t>(exchanges_.size()) + (writing_ ? 1 : 0) < limits_.max_exchanges;
}

bool StepStreamFlow::MayFinish() const {
  const bool only_writing = writing_ && !writes_with_read_;
  if (only_writing || unanswered_ > 0 || !exchanges_.empty()) return false;
  return cancelled_ || failure_.has_value() || end_.has_value() || input_closed_;
}

absl::Status StepStreamFlow::FinalStatus() const {
  if (cancelled_) return CallCancelled();
  if (failure_.has_value()) return *failure_;
  if (end_.has_value()) return *end_;
  return any_message_ ? absl::OkStatus() : StreamWithoutOpen();
}

}  // namespace cellar
