#include "server/rpc/incoming.h"

#include "grpcpp/support/proto_buffer_reader.h"
#include "grpcpp/support/slice.h"
#include "server/rpc/rpc_errors.h"

namespace cellar {

absl::Status Incoming::CheckLength(int64_t limit_bytes) const {
  if (bytes() <= limit_bytes) return absl::OkStatus();
  return MessageSizeLimit(bytes(), limit_bytes);
}

absl::Status Incoming::ReadInto(google::protobuf::Message* message) {
  bool read = false;
  grpc::Slice whole;
  if (buffer_.TrySingleSlice(&whole).ok()) {
    read = message->ParseFromArray(whole.begin(), static_cast<int>(whole.size()));
  } else {
    grpc::ProtoBufferReader pieces(&buffer_);
    read = message->ParseFromZeroCopyStream(&pieces);
  }
  buffer_.Clear();
  return read ? absl::OkStatus() : UnreadableMessage(*message->GetDescriptor());
}

}  // namespace cellar
