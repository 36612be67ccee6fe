// One StreamSteps call, from its start to its status: writes a message at a time, keeps a read
// outstanding all the time so that answers are taken in while a write waits (a server that stops
// reading while its answers are not drained can then never block both sides).
//
// Thread safety: externally synchronised; no threads of its own, a completion queue is pumped by
// the calls.
#ifndef CELLAR_CLIENT_STEP_WIRE_H_
#define CELLAR_CLIENT_STEP_WIRE_H_

#include <grpcpp/grpcpp.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "cellar/v1/session_service.grpc.pb.h"

namespace cellar {

class StepWire {
 public:
  // What to do without a connection: fail at once, or let the first write wait for one.
  enum class Unconnected { kFails, kWaits };

  // Starts the call. `stub` must outlive the wire. `is_over`, if given, is asked every tenth of a
  // second while a call waits; once it is true, time counts as over.
  explicit StepWire(v1::SessionService::Stub& stub, Unconnected unconnected = Unconnected::kFails,
                    std::function<bool()> is_over = nullptr);
  // Cancels the call if it has not ended, and waits for its end.
  ~StepWire();

  StepWire(const StepWire&) = delete;
  StepWire& operator=(const StepWire&) = delete;

  // Writes a message. False if it could not be written by then: Finish tells why.
  bool Write(const v1::StreamStepsRequest& request, absl::Time deadline);

  // Says that no more messages come. False as Write.
  bool WritesDone(absl::Time deadline);

  // The next message of the server. Nothing if the call ended, or none came by then.
  std::optional<v1::StreamStepsResponse> Read(absl::Time deadline);

  // Whether the last Write, WritesDone or Read gave up because time was over.
  bool timed_out() const { return timed_out_; }

  // Cancels the call unless it has ended by itself, and returns its status.
  grpc::Status Finish();

 private:
  enum class Event { kStarted, kWritten, kWritesDone, kRead, kFinished };

  // Waits for one event and notes what it did. False if none came by then.
  bool Pump(absl::Time deadline);
  // The same, but none comes either once is_over_ says so.
  bool PumpWhileWanted(absl::Time deadline);
  // Pumps until no write is in flight. False if that one failed or time was over.
  bool AwaitWrite(absl::Time deadline);
  void* Tag(Event event);

  const std::function<bool()> is_over_;  // may be null
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<v1::StreamStepsRequest, v1::StreamStepsResponse>>
      call_;

  bool write_in_flight_ = true;  // the start of the call counts as one
  bool write_failed_ = false;
  bool alive_ = true;  // no read has failed yet; from the start on, one is always outstanding
  bool finished_ = false;
  bool timed_out_ = false;
  v1::StreamStepsResponse incoming_;
  std::deque<v1::StreamStepsResponse> answers_;
  grpc::Status status_;
};

}  // namespace cellar

#endif  // CELLAR_CLIENT_STEP_WIRE_H_
