// What a stream does next whose messages are worked off one after another: while one is worked on,
// the next is read and the answer to the one before is written. So a stream holds two messages, an
// answer and the bytes of another at most, whatever the client sends and however slowly it reads.
// Bookkeeping only: no gRPC, no lock.
//
// Events are noted by the methods; Next says what to do, until there is nothing. What the stream
// holds is charged for before anything else is done with it.
//
// Thread safety: externally synchronised.
#ifndef CELLAR_SERVER_RPC_SERIAL_STREAM_FLOW_H_
#define CELLAR_SERVER_RPC_SERIAL_STREAM_FLOW_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "server/api/api_errors.h"
#include "server/api/call_bytes.h"

namespace cellar {

class SerialStreamFlow {
 public:
  // Messages and answers are kept, to be filled again, unless they have more bytes than that.
  static constexpr int64_t kMostKeptBytes = int64_t{512} << 10;

  // kCharge: have the stream charged for `bytes`, or End. kRead: read a message. kWork: work on the
  // message read, of `bytes`, whose place the one worked on before takes; the place for its answer
  // is free. kWrite: write the answer down; then its place is free. kFinish: end the call with
  // `status`, which is OK if the client closed the stream and everything is answered; comes once,
  // and last.
  enum class Do { kNothing, kCharge, kRead, kWork, kWrite, kFinish };
  struct Action {
    Do what = Do::kNothing;
    int64_t bytes = 0;
    absl::Status status = {};
  };

  // The next thing to do, which then counts as begun.
  Action Next();

  // A message of so many bytes in memory came.
  void Arrived(int64_t bytes);
  // None will come. If that is because the client is gone, Cancel comes first.
  void InputClosed();
  // The work on a message ended. An error ends the stream; an answer, of so many bytes, is written.
  // A message that is more than is kept, or was refused, has been given back.
  void WorkDone(const absl::Status& status, std::optional<int64_t> answer_bytes);
  // An answer is written, or cannot be: then Cancel comes first.
  void WriteDone();
  // Takes no more, because of `status` unless there was a reason before. What is being worked on is
  // still answered.
  void End(const absl::Status& status);
  // The client has gone.
  void Cancel() { End(CallCancelled()); }

 private:
  bool MayRead() const;
  int64_t bytes() const { return read_bytes_ + current_bytes_ + answer_bytes_ + written_bytes_; }

  bool reading_ = false;
  bool has_message_ = false;   // read, and waits for its turn
  bool working_ = false;       // on a message
  bool has_answer_ = false;    // which waits to be written
  bool writing_ = false;       // the answer before that
  bool input_closed_ = false;  // no message will come
  bool finished_ = false;
  int64_t read_bytes_ = 0;     // of the message read, or kept to be read into
  int64_t current_bytes_ = 0;  // of the one worked on, or kept
  int64_t answer_bytes_ = 0;   // of the answer that waits, or kept to be worked into
  int64_t written_bytes_ = 0;  // of the one that is written
  int64_t charged_ = kLeastCallBytes;
  std::optional<absl::Status> end_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_SERIAL_STREAM_FLOW_H_
