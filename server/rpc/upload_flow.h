// What an upload does next: it reads one message after another and takes each, until no more come;
// then all are worked on. Bookkeeping only: no gRPC, no lock.
//
// Thread safety: externally synchronised.
#ifndef CELLAR_SERVER_RPC_UPLOAD_FLOW_H_
#define CELLAR_SERVER_RPC_UPLOAD_FLOW_H_

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "server/api/api_errors.h"

namespace cellar {

class UploadFlow {
 public:
  // kRead: read a message. kTake: take the message read, or End. kWork: work on all of them, then
  // WorkDone. kFinish: end the call with `status`; comes once, and last.
  enum class Do { kNothing, kRead, kTake, kWork, kFinish };
  struct Action {
    Do what = Do::kNothing;
    absl::Status status = {};  // of kFinish
  };

  // The next thing to do, which then counts as begun.
  Action Next() {
    if (finished_ || (working_ && !worked_)) return {};
    if (complete_ && !working_) {  // also in a drain
      working_ = true;
      return {.what = Do::kWork};
    }
    if (end_.has_value()) {
      finished_ = true;
      return {.what = Do::kFinish, .status = *end_};
    }
    if (std::exchange(has_message_, false)) return {.what = Do::kTake};
    if (std::exchange(reading_, true)) return {};
    return {.what = Do::kRead};
  }

  // A message came.
  void Arrived() {
    reading_ = false;
    has_message_ = true;
  }

  // None will come: all are there, unless there was a reason to end before.
  void InputClosed() { complete_ = !end_.has_value(); }

  // The work ended so.
  void WorkDone(absl::Status status) {
    worked_ = true;
    end_ = std::move(status);
  }

  // Takes no more, because of `status` unless there was a reason before.
  void End(absl::Status status) {
    if (!end_.has_value()) end_ = std::move(status);
  }

  // The client has gone: the upload is not complete, whatever has come of it.
  void Cancel() { End(CallCancelled()); }

 private:
  bool reading_ = false;
  bool has_message_ = false;
  bool complete_ = false;
  bool working_ = false;  // for ever, once begun
  bool worked_ = false;
  bool finished_ = false;
  std::optional<absl::Status> end_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_UPLOAD_FLOW_H_
