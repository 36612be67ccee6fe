// What messages take in memory, which may be some hundred times what they had on the wire: of many
// empty parts.
//
// Thread safety: a pure function of its argument.
#ifndef CELLAR_SERVER_RPC_MESSAGE_SPACE_H_
#define CELLAR_SERVER_RPC_MESSAGE_SPACE_H_

#include <cstdint>

#include "google/protobuf/message.h"

namespace cellar {

// Bytes of `message` with all that belongs to it, about. As its SpaceUsedLong, which asks for every
// field by its description: of a batch, whose items are known here, in an eighth of the time.
int64_t MessageSpace(const google::protobuf::Message& message);

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_MESSAGE_SPACE_H_
