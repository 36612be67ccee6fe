// What a stream does next whose messages are worked off one after another: while one is worked on
// and its answer written, the next is read. So a stream holds two messages and one answer at most,
// whatever the client sends and however slowly it reads. Bookkeeping only: no gRPC, no lock.
//
// Events are noted by the methods; Next says what to do, until there is nothing.
//
// Thread safety: externally synchronised.
#ifndef CELLAR_SERVER_RPC_SERIAL_STREAM_FLOW_H_
#define CELLAR_SERVER_RPC_SERIAL_STREAM_FLOW_H_

#include <optional>

#include "absl/status/status.h"

namespace cellar {

class SerialStreamFlow {
 public:
  // kRead: read a message. kWork: work on the message read. kWrite: write its answer. kFinish: end
  // the call with final_status(); comes once, and last.
  enum class Do { kNothing, kRead, kWork, kWrite, kFinish };

  // The next thing to do, which then counts as begun.
  Do Next();

  // A read ended, with a message or because none will come.
  void ReadDone(bool has_message);
  // The work on a message ended. An error ends the stream; an answer is written.
  void WorkDone(const absl::Status& status, bool has_answer);
  // An answer is written, or cannot be.
  void WriteDone(bool ok);
  // Takes no more, because of `status` unless there was a reason before. What is being worked on is
  // still answered.
  void End(const absl::Status& status);

  // Why the stream ended; OK if the client closed it and everything is answered.
  absl::Status final_status() const { return end_.value_or(absl::OkStatus()); }

 private:
  bool MayRead() const;

  bool reading_ = false;
  bool has_message_ = false;   // read, and waits for its turn
  bool working_ = false;       // on a message, or writing its answer
  bool has_answer_ = false;    // which is to be written
  bool input_closed_ = false;  // no message will come
  bool finished_ = false;
  std::optional<absl::Status> end_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_SERIAL_STREAM_FLOW_H_
