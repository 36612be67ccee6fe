// Failures that are found on this floor: wording, codes and reasons in one place.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_RPC_RPC_ERRORS_H_
#define CELLAR_SERVER_RPC_RPC_ERRORS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace cellar {

// UNAVAILABLE / DRAINING: nothing was applied (on a stream: nothing that was not answered).
absl::Status Draining();

// RESOURCE_EXHAUSTED / MESSAGE_SIZE_LIMIT: a request longer than a message may be.
absl::Status MessageSizeLimit(int64_t message_bytes, int64_t limit_bytes);

// INVALID_ARGUMENT / BAD_REQUEST: bytes that are no message of the kind of `request`.
absl::Status UnreadableMessage(const google::protobuf::Descriptor& request);

// INVALID_ARGUMENT / BAD_REQUEST: a call that ended without the message of the kind of `request`
// that it must have.
absl::Status NoMessage(const google::protobuf::Descriptor& request);

// INVALID_ARGUMENT / BAD_REQUEST: a stream that ended before its first message.
absl::Status StreamWithoutOpen();

// The server could not start on `address`; a message for whoever starts it.
absl::Status CannotListen(absl::string_view address, absl::string_view why);

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_RPC_ERRORS_H_
