// The end of a call that is not let in.
//
// Thread safety: called by the queue's thread.
#ifndef CELLAR_SERVER_RPC_REFUSAL_H_
#define CELLAR_SERVER_RPC_REFUSAL_H_

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "server/rpc/admission.h"
#include "server/rpc/wire.h"

namespace cellar {

// Ends the call whose (first) message is of the kind of `request` with `status`, and returns what
// reacts to the rest of it.
Reactor* Refuse(Admission& admission, Wire& wire, const google::protobuf::Message& request,
                const absl::Status& status);

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_REFUSAL_H_
