#include "server/rpc/incoming.h"

#include <cstdint>

#include "absl/types/span.h"
#include "google/protobuf/io/zero_copy_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "grpcpp/support/slice.h"
#include "server/api/api_errors.h"
#include "server/rpc/rpc_errors.h"

namespace cellar {
namespace {

// Bytes that end where they are not wanted any more.
class WantedBytes final : public google::protobuf::io::ZeroCopyInputStream {
 public:
  WantedBytes(google::protobuf::io::ZeroCopyInputStream& bytes, absl::FunctionRef<bool()> wanted)
      : bytes_(bytes), wanted_(wanted) {}

  bool Next(const void** data, int* size) override {
    given_up_ = given_up_ || !wanted_();
    if (given_up_ || (block_.empty() && !NextBlock())) return false;
    const absl::Span<const char> piece = block_.subspan(0, kLongMessageBytes);
    block_.remove_prefix(piece.size());
    *data = piece.data();
    *size = static_cast<int>(piece.size());
    given_ += *size;
    return true;
  }

  void BackUp(int count) override {
    block_ = absl::MakeConstSpan(block_.data() - count, block_.size() + count);
    given_ -= count;
  }

  bool Skip(int count) override {
    const void* data = nullptr;
    int size = 0;
    for (; count > 0; count -= size) {
      if (!Next(&data, &size)) return false;
      if (size > count) {
        BackUp(size - count);
        return true;
      }
    }
    return true;
  }

  int64_t ByteCount() const override { return given_; }

  bool given_up() const { return given_up_; }

 private:
  bool NextBlock() {
    const void* data = nullptr;
    int size = 0;
    do {
      if (!bytes_.Next(&data, &size)) return false;
    } while (size == 0);
    block_ = absl::MakeConstSpan(static_cast<const char*>(data), size);
    return true;
  }

  google::protobuf::io::ZeroCopyInputStream& bytes_;
  const absl::FunctionRef<bool()> wanted_;
  absl::Span<const char> block_;  // what is left of it
  int64_t given_ = 0;
  bool given_up_ = false;
};

// Whether what is in a field is only copied.
bool IsRun(const google::protobuf::FieldDescriptor& field) {
  using google::protobuf::FieldDescriptor;
  return field.type() == FieldDescriptor::TYPE_BYTES ||
         field.type() == FieldDescriptor::TYPE_FLOAT ||
         field.type() == FieldDescriptor::TYPE_DOUBLE;
}

// Whether `front`, of a message of `bytes`, leads to a run that all but what is not long belongs
// to: on the way are small fields, and messages that the run is in.
bool LeadsToRun(const google::protobuf::Descriptor& kind, absl::Span<const char> front,
                int64_t bytes) {
  using google::protobuf::internal::WireFormatLite;
  google::protobuf::io::CodedInputStream fields(reinterpret_cast<const uint8_t*>(front.data()),
                                                static_cast<int>(front.size()));
  const google::protobuf::Descriptor* message = &kind;
  while (message != nullptr) {
    const uint32_t tag = fields.ReadTag();
    if (tag == 0) return false;
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormatLite::SkipField(&fields, tag)) return false;
      continue;
    }
    uint32_t length = 0;
    if (!fields.ReadVarint32(&length)) return false;
    if (length < bytes - kLongMessageBytes) {
      if (!fields.Skip(static_cast<int>(length))) return false;
      continue;
    }
    const auto* const field = message->FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    if (field == nullptr) return false;
    if (IsRun(*field)) return length <= kQuickNumberBytes;
    message = field->message_type();  // of a field of another kind: none
    fields.PushLimit(static_cast<int>(length));
  }
  return false;
}

}  // namespace

bool Incoming::IsQuick(const google::protobuf::Descriptor& kind) {
  if (bytes() <= kLongMessageBytes) return true;
  if (bytes() > kQuickNumberBytes + kLongMessageBytes) return false;
  grpc::ProtoBufferReader pieces(&buffer_);
  const void* front = nullptr;
  int size = 0;
  if (!pieces.Next(&front, &size)) return false;
  return LeadsToRun(kind,
                    absl::MakeConstSpan(static_cast<const char*>(front), static_cast<size_t>(size))
                        .subspan(0, kLongMessageBytes),
                    bytes());
}

bool Incoming::BeginsWith(uint8_t byte) {
  grpc::ProtoBufferReader pieces(&buffer_);
  const void* front = nullptr;
  int size = 0;
  return pieces.Next(&front, &size) && size > 0 && *static_cast<const uint8_t*>(front) == byte;
}

absl::Status Incoming::CheckLength(int64_t limit_bytes) const {
  if (bytes() <= limit_bytes) return absl::OkStatus();
  return MessageSizeLimit(bytes(), limit_bytes);
}

bool Incoming::ReadAll(google::protobuf::io::CodedInputStream& bytes,
                       google::protobuf::Message* message) {
  if (into_ == Into::kAnything) message->Clear();
  return message->MergeFromCodedStream(&bytes) && bytes.ConsumedEntireMessage();
}

absl::Status Incoming::ReadInto(google::protobuf::Message* message) {
  bool read = false;
  grpc::Slice whole;
  if (buffer_.TrySingleSlice(&whole).ok()) {
    google::protobuf::io::CodedInputStream bytes(whole.begin(), static_cast<int>(whole.size()));
    read = ReadAll(bytes, message);
  } else {
    grpc::ProtoBufferReader pieces(&buffer_);
    google::protobuf::io::CodedInputStream bytes(&pieces);
    read = ReadAll(bytes, message);
  }
  buffer_.Clear();
  return read ? absl::OkStatus() : UnreadableMessage(*message->GetDescriptor());
}

absl::Status Incoming::ReadWhile(absl::FunctionRef<bool()> wanted,
                                 google::protobuf::Message* message) {
  grpc::ProtoBufferReader pieces(&buffer_);
  WantedBytes wanted_bytes(pieces, wanted);
  bool read = false;
  {
    google::protobuf::io::CodedInputStream bytes(&wanted_bytes);
    read = ReadAll(bytes, message);
  }
  buffer_.Clear();
  if (wanted_bytes.given_up()) return CallCancelled();
  return read ? absl::OkStatus() : UnreadableMessage(*message->GetDescriptor());
}

}  // namespace cellar
