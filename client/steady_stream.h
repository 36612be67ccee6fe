// Steps a session over a stream that survives broken connections and servers that come back:
// inputs are sent ahead of their answers, answers come in order, and every step is answered to the
// caller once. Inputs without an answer are kept and sent again on a new stream. Inputs with an
// answer are kept until the server says that they are durable: a server that was killed may come
// back at an earlier step, and then gets them again. The server's step indices and replay window
// make sure that every step is applied exactly once; the caller sees a pause. What somebody else
// took back, with a rewind or a reset, is not made again: that is OUT_OF_RANGE / STEP_GAP, also if
// the connection broke meanwhile, for the server's epoch tells it from a crash.
//
//   auto stream = SteadyStream::Open(connection->sessions(), {.session = "sessions/mine"});
//   if (!stream.ok()) return stream.status();
//   for (double x : {0.0, 0.0, 1.0}) (*stream)->Send(MakeTensor({x}));
//   while ((*stream)->unanswered() > 0) {
//     absl::StatusOr<StepResponse> answer = (*stream)->Receive();
//     if (!answer.ok()) return answer.status();        // say, STEP_CONFLICT
//   }
//   return (*stream)->Close();
//
// Thread safety: externally synchronised.
// Ownership: the stub must outlive the stream.
#ifndef CELLAR_CLIENT_STEADY_STREAM_H_
#define CELLAR_CLIENT_STEADY_STREAM_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cellar/v1/session_service.grpc.pb.h"
#include "client/kept_steps.h"
#include "client/retry.h"
#include "client/step_wire.h"

namespace cellar {

// Who is to hear that a server is waited for, and who may end that. Each may be left out.
struct Waiting {
  std::function<void()> begins{};   // the server went away; told at once, and once
  std::function<void()> ends{};     // it is back
  std::function<bool()> is_over{};  // true: CANCELLED within a fifth of a second, also while an
                                    // answer is due
};

struct SteadyStreamOptions {
  std::string session{};                 // `sessions/{id}`
  std::optional<int64_t> resume_from{};  // index of the first input; not given: the session's next
  v1::View view = v1::VIEW_OUTPUT;
  v1::Density density = v1::DENSITY_EVERY_STEP;
  // Messages that may wait for an answer. Not more than the session's replay window, or a broken
  // stream may be impossible to resume (STEP_TOO_OLD). At least 1.
  size_t max_unanswered = 8;
  absl::Duration answer_timeout = absl::Seconds(30);  // for one answer, and for opening
  // The server was there a while ago: if it is not, it is waited for from the first connection on.
  bool server_was_there = false;
  RetryPolicy open_retry{};                 // of the first connection otherwise
  RetryPolicy retry{.max_attempts = 10};    // of the others, anew with every answer: 50 s
  size_t max_kept_bytes = size_t{4} << 20;  // answered inputs that are not durable
  Sleeper sleep = absl::SleepFor;
  Waiting waiting{};
};

class SteadyStream {
 public:
  // Opens a stream. Fails as StreamSteps does, with UNAVAILABLE once the retries are used up, and
  // with DEADLINE_EXCEEDED if the server does not answer; all made by FromCall.
  static absl::StatusOr<std::unique_ptr<SteadyStream>> Open(v1::SessionService::Stub& stub,
                                                            SteadyStreamOptions options);

  // Sends the inputs of one or more steps. A broken connection is not an error here: Receive
  // repairs it. REQUIRES: CanSend().
  void Send(v1::Tensor inputs);

  // Whether another message may go ahead of its answer; if not, Receive first.
  bool CanSend() const { return pending_.size() < options_.max_unanswered; }

  // The answer to the oldest message without one. Reconnects as often as the policy allows. Fails
  // as Open, and with CANCELLED if the wait is over; the stream is then of no use any more: the
  // steps answered before stand, and those sent after may or may not have been applied. REQUIRES:
  // unanswered() > 0.
  absl::StatusOr<v1::StepResponse> Receive();

  // Ends the stream in good order. OK if the server agrees. REQUIRES: unanswered() == 0.
  absl::Status Close();

  size_t unanswered() const { return pending_.size(); }

  // Index of the first step without an answer.
  int64_t next_step() const { return next_step_; }

  // How often the stream was opened again.
  int reconnect_count() const { return reconnect_count_; }

 private:
  SteadyStream(v1::SessionService::Stub& stub, SteadyStreamOptions options)
      : stub_(stub), options_(std::move(options)), kept_(options_.max_kept_bytes) {}

  // One try to open, and to send all that is due.
  absl::Status Connect();
  // The lost steps, if any, and all pending inputs. A failure shows when the answers are read.
  void WriteWhatIsDue();
  // Drops the wire and returns why it broke.
  absl::Status Break();
  // Opens until it works or the policy is used up. `status` is why the last wire broke.
  absl::Status Reconnect(absl::Status status);
  // Waits, or less if the wait is over meanwhile.
  void Pause(absl::Duration delay);
  bool IsExpected() const { return opened_once_ || options_.server_was_there; }
  bool IsOver() const { return options_.waiting.is_over != nullptr && options_.waiting.is_over(); }
  // Whether `status` says that steps are missing which an earlier run of the server answered, and
  // they can be made again; then the next wire begins with them.
  bool GoBack(const absl::Status& status);
  // Notes an answer. Whether it is one that the caller waits for.
  absl::StatusOr<bool> TakeAnswer(const v1::StreamStepsResponse& answer);
  absl::Time Deadline() const { return absl::Now() + options_.answer_timeout; }

  v1::SessionService::Stub& stub_;
  const SteadyStreamOptions options_;
  std::unique_ptr<StepWire> wire_;
  std::deque<v1::Tensor> pending_;  // inputs sent and not answered, oldest first
  KeptSteps kept_;                  // those before them
  int64_t resume_at_ = 0;           // where the next wire begins: next_step_, or one of kept_
  size_t repeats_due_ = 0;          // the last so many of kept_ are made again on this wire
  bool opened_once_ = false;
  std::string epoch_;           // of the server, as the last wire was told
  std::string answered_epoch_;  // the same at the last answer
  int64_t next_step_ = 0;
  int failed_attempts_ = 0;  // since the last answer
  bool waits_ = false;       // it was told that the server is waited for
  int reconnect_count_ = 0;
  absl::Status ended_;  // not OK: why the stream is of no use any more
};

}  // namespace cellar

#endif  // CELLAR_CLIENT_STEADY_STREAM_H_
