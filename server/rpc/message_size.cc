#include "server/rpc/message_size.h"

#include "server/rpc/rpc_errors.h"

namespace cellar {

absl::Status CheckMessageSize(const google::protobuf::Message& request, int64_t limit_bytes) {
  const auto message_bytes = static_cast<int64_t>(request.ByteSizeLong());
  if (message_bytes <= limit_bytes) return absl::OkStatus();
  return MessageSizeLimit(message_bytes, limit_bytes);
}

}  // namespace cellar
