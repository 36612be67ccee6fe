// What the messages of a bidirectional stream mean that are worked off one after another
// (serial_stream_reactor.h), without the wire.
//
// Thread safety: one message at a time, from any thread.
#ifndef CELLAR_SERVER_RPC_SERIAL_STREAM_H_
#define CELLAR_SERVER_RPC_SERIAL_STREAM_H_

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cellar {

// Takes the outcome of the work on a message, once, from any thread: whether there is an answer.
using WorkDone = absl::AnyInvocable<void(absl::StatusOr<bool> has_answer)>;

// The messages of one stream. Take is called for one message at a time; request and *response live
// until `done` was called. Close is called when no message will come, for a stream that ends well.
template <class Request, class Response>
class SerialStream {
 public:
  virtual ~SerialStream() = default;
  virtual void Take(const Request& request, Response* response, WorkDone done) = 0;
  virtual absl::Status Close() { return absl::OkStatus(); }
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_SERIAL_STREAM_H_
