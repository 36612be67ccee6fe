// A message of a stream of steps and its answer, while they are under way, and where those that are
// done wait to be used again.
//
// A stream that waits for the next message has none. The next message of any stream on the same
// thread takes the one that was given back last, which the caches still hold; were they kept by
// hundreds of streams, each would come from farther away. What one thread has too many of others
// may take.
//
// Thread safety: an exchange belongs to one thread at a time; the functions may be called from any
// thread.
#ifndef CELLAR_SERVER_RPC_STEP_EXCHANGE_H_
#define CELLAR_SERVER_RPC_STEP_EXCHANGE_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "cellar/v1/session_service.pb.h"
#include "server/rpc/incoming.h"

namespace cellar {

struct StepExchange {
  v1::StreamStepsRequest request;
  v1::StreamStepsResponse response;
  std::shared_ptr<void> keep_alive;  // for the user: whatever must live until the answer comes

  // Of the flow.
  bool answered = false;
  absl::Status status;     // of the answer
  int64_t bytes = 0;       // of the request until answered, then of the response
  int64_t most_bytes = 0;  // the larger of the two
};

// Takes what it says out of it and leaves the memory of the messages in it, for the next one to be
// read over: what is there then, `step` among it, says nothing. Clearing would destroy every
// message in it, and the next one would allocate them again.
void EmptyRequest(v1::StreamStepsRequest& request);

// Nobody is charged for memory that is only kept, so it is little: a request's, once it is
// answered, of which a stream has as many as answers that wait; and that of the larger message of
// an exchange that waits for its next user, of which there are few.
inline constexpr int64_t kMostKeptRequestBytes = 512;
inline constexpr int64_t kMostKeptExchangeBytes = 1024;

// One that says nothing, though there may be messages in it.
std::unique_ptr<StepExchange> TakeExchange();

// One into whose request `message` may be read, over what is there. Which part it has, open or
// step, is the message's; but a step may have `inputs` that none were sent of. So nothing may
// depend on whether they are there: none and empty ones are the same.
std::unique_ptr<StepExchange> TakeExchange(Incoming& message);

// Keeps it for another message, unless too many are kept; the memory of its messages only if they
// are small.
void GiveBackExchange(std::unique_ptr<StepExchange> exchange);

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_STEP_EXCHANGE_H_
