#include "server/rpc/serial_stream_flow.h"

#include <utility>

#include "server/rpc/rpc_errors.h"

namespace cellar {

SerialStreamFlow::Do SerialStreamFlow::Next() {
  if (finished_) return Do::kNothing;
  if (std::exchange(has_answer_, false)) return Do::kWrite;  // working until it is written
  if (!working_ && !end_.has_value() && std::exchange(has_message_, false)) {
    working_ = true;
    return Do::kWork;
  }
  if (MayRead()) {
    reading_ = true;
    return Do::kRead;
  }
  if (working_ || (!input_closed_ && !end_.has_value())) return Do::kNothing;
  finished_ = true;
  return Do::kFinish;
}

bool SerialStreamFlow::MayRead() const {
  return !reading_ && !has_message_ && !input_closed_ && !end_.has_value();
}

void SerialStreamFlow::ReadDone(bool has_message) {
  reading_ = false;
  has_message_ = has_message;
  input_closed_ = !has_message;
}

void SerialStreamFlow::WorkDone(const absl::Status& status, bool has_answer) {
  has_answer_ = status.ok() && has_answer;
  working_ = has_answer_;
  if (!status.ok()) End(status);
}

void SerialStreamFlow::WriteDone(bool ok) {
  working_ = false;
  if (!ok) End(CallerGone());
}

void SerialStreamFlow::End(const absl::Status& status) {
  if (!end_.has_value()) end_ = status;
}

}  // namespace cellar
