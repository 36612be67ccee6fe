// The limit on the length of one request. gRPC itself refuses four times as much unread; in between
// the caller learns the limit and by how much it was missed.
//
// Thread safety: a pure function.
#ifndef CELLAR_SERVER_RPC_MESSAGE_SIZE_H_
#define CELLAR_SERVER_RPC_MESSAGE_SIZE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace cellar {

// What gRPC refuses unread, in multiples of the limit.
inline constexpr int64_t kUnreadMessageFactor = 4;

// Errors: MESSAGE_SIZE_LIMIT.
absl::Status CheckMessageSize(const google::protobuf::Message& request, int64_t limit_bytes);

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_MESSAGE_SIZE_H_
