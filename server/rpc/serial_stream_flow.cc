#include "server/rpc/serial_stream_flow.h"

#include <algorithm>
#include <utility>

namespace cellar {

SerialStreamFlow::Action SerialStreamFlow::Next() {
  if (finished_) return {};
  if (const int64_t due = ChargeFor(bytes()); due != charged_) {
    charged_ = due;
    return {.what = Do::kCharge, .bytes = due};
  }
  if (has_answer_ && !writing_) {
    has_answer_ = false;
    writing_ = true;
    written_bytes_ = answer_bytes_;
    if (answer_bytes_ > kMostKeptBytes) answer_bytes_ = 0;
    return {.what = Do::kWrite};
  }
  if (!working_ && !has_answer_ && !end_.has_value() && std::exchange(has_message_, false)) {
    working_ = true;
    std::swap(current_bytes_, read_bytes_);
    return {.what = Do::kWork, .bytes = current_bytes_};
  }
  if (MayRead()) {
    reading_ = true;
    return {.what = Do::kRead};
  }
  if (working_ || has_answer_ || writing_ || (!input_closed_ && !end_.has_value())) return {};
  finished_ = true;
  return {.what = Do::kFinish, .status = end_.value_or(absl::OkStatus())};
}

bool SerialStreamFlow::MayRead() const {
  return !reading_ && !has_message_ && !input_closed_ && !end_.has_value();
}

void SerialStreamFlow::Arrived(int64_t bytes) {
  reading_ = false;
  has_message_ = true;
  read_bytes_ = std::max(read_bytes_, bytes);  // what it had it keeps
}

void SerialStreamFlow::InputClosed() {
  reading_ = false;
  input_closed_ = true;
}

void SerialStreamFlow::WorkDone(const absl::Status& status, std::optional<int64_t> answer_bytes) {
  if (current_bytes_ > kMostKeptBytes || !status.ok()) current_bytes_ = 0;
  has_answer_ = status.ok() && answer_bytes.has_value();
  if (has_answer_) answer_bytes_ = std::max(answer_bytes_, *answer_bytes);
  working_ = false;
  if (!status.ok()) End(status);
}

void SerialStreamFlow::WriteDone() {
  writing_ = false;
  written_bytes_ = 0;
}

void SerialStreamFlow::End(const absl::Status& status) {
  if (!end_.has_value()) end_ = status;
}

}  // namespace cellar
