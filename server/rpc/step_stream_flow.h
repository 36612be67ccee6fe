// What a stream of steps does next: the bookkeeping of StreamSteps, without gRPC, threads or locks.
//
// It is told what happened and asked what to do. Invariants:
//  1. At most one read and one write are in flight.
//  2. Answers are written in the order of their messages; nothing behind the first failure is
//     written.
//  3. No read begins while messages and unwritten answers fill their limits: the memory of a stream
//     is bounded by `max_bytes` and the messages of `max_unanswered` steps, whatever the client
//     sends and however slowly it reads.
//  4. The stream finishes once, when no step is with the engine and no write is in flight, unless
//     with a read; after that nothing is asked for.
//
// Thread safety: externally synchronised.
// Ownership: owns the exchanges from Arrived until it hands them over, to be written or given back;
// those given out by kOpen and kStep live until AnswerDone. It destroys none, nor what is in it, as
// that may take long and its user holds a lock.
#ifndef CELLAR_SERVER_RPC_STEP_STREAM_FLOW_H_
#define CELLAR_SERVER_RPC_STEP_STREAM_FLOW_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/api/call_bytes.h"
#include "server/api/step_stream.h"
#include "server/rpc/step_exchange.h"

namespace cellar {

class StepStreamFlow {
 public:
  struct Limits {
    int64_t max_unanswered = kMostWaitingSteps;  // steps with the engine at once
    int64_t max_exchanges = 64;                  // messages not yet answered and written
    int64_t max_bytes = int64_t{1} << 20;        // their bytes; a read may go beyond it once
  };

  enum class Do {
    kNothing,       // wait for an event
    kCharge,        // have the stream charged for `bytes`, or End
    kRead,          // read a message, then Arrived or InputClosed
    kOpen,          // have exchange->request answered, then AnswerDone: the first message
    kStep,          // the same: every other message
    kWrite,         // write answer->response, which is measured, then WriteDone
    kWriteAndRead,  // both, as one: then Arrived or InputClosed, which tell of the end of both
    kGiveBack,      // give `answer` back, which nobody will get
    kFinish,        // end the call with `status`; the last action
  };
  struct Action {
    Do what = Do::kNothing;
    StepExchange* exchange = nullptr;                // of kOpen and kStep
    std::unique_ptr<StepExchange> answer = nullptr;  // of kWrite, kWriteAndRead and kGiveBack
    absl::Status status = {};                        // of kFinish
    int64_t bytes = 0;                               // of kCharge
  };

  explicit StepStreamFlow(Limits limits) : limits_(limits) {}

  // The next action, which then counts as begun.
  Action Next();

  // The read ended with a message of so many bytes in memory, or with one that cannot be taken.
  // Returns the exchange if nobody will answer it, to be given back with no lock held.
  std::unique_ptr<StepExchange> Arrived(std::unique_ptr<StepExchange> arrived,
                                        absl::StatusOr<int64_t> bytes);
  // The read ended, as no message will come any more. If that is because the client is gone, Cancel
  // comes first.
  void InputClosed();

  // The answer of an exchange given out by kOpen or kStep is there. What is left of its request is
  // not counted any more.
  void AnswerDone(StepExchange* exchange, absl::Status status);

  // The write ended. If it failed, as the client is gone, Cancel comes first.
  void WriteDone();

  // Nothing more is taken; what was taken is answered; then the stream finishes with `status`. The
  // first End counts, and the failure of a step counts more. A message still being read is dropped.
  void End(absl::Status status);

  // Nobody listens any more: nothing is written; the stream finishes as soon as it can.
  void Cancel();

 private:
  Action WriteAction();
  void ReadDone();
  bool MayWrite() const;
  bool MayRead() const;
  bool MayFinish() const;
  absl::Status FinalStatus() const;
  std::unique_ptr<StepExchange> TakeUnwanted();
  std::unique_ptr<StepExchange> PopFront();

  const Limits limits_;

  // Taken, not yet being written, oldest first: few. (A deque would take 600 bytes of every
  // stream.)
  std::vector<std::unique_ptr<StepExchange>> exchanges_;
  StepExchange* received_ = nullptr;  // the newest of exchanges_, to be handed out

  int64_t bytes_ = 0;          // of exchanges_, and of what is being written
  int64_t writing_bytes_ = 0;  // of that
  int64_t charged_ = kLeastCallBytes;
  int64_t unanswered_ = 0;  // handed out by kOpen or kStep
  bool opened_ = false;     // the first answer was a success
  bool any_message_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool writes_with_read_ = false;  // the write in flight, if there is one, ends with the read
  bool any_answer_ = false;        // has been written, or is
  bool input_closed_ = false;      // no message will come
  bool answer_failed_ = false;
  bool cancelled_ = false;
  bool finished_ = false;
  std::optional<absl::Status> failure_;  // the first failed answer, once all before it are written
  std::optional<absl::Status> end_;      // of End
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_STEP_STREAM_FLOW_H_
