// A message of a client as it came: bytes, until somebody reads them. So its length, and who sends
// it, are known before anything of it is in memory a second time; long ones can be read where they
// hold nobody up; and one that cannot be read is told from the end of a stream.
//
// Thread safety: belongs to one thread at a time.
#ifndef CELLAR_SERVER_RPC_INCOMING_H_
#define CELLAR_SERVER_RPC_INCOMING_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"

namespace cellar {

// What gRPC refuses by itself, in multiples of what a message may have: in between the caller
// learns the limit, and by how much it was missed. Little, because gRPC holds that much of a
// message whose end does not come, where no cap of ours sees it.
inline constexpr int64_t kUnreadMessageFactor = 2;

// Messages above this are long: reading one, and giving it back, may take much longer than handing
// it over to a worker: a millisecond for 16 KiB of unknown groups, a second for 16 MiB of them.
inline constexpr int64_t kLongMessageBytes = int64_t{16} << 10;

// So many numbers are copied sooner than a worker wakes.
inline constexpr int64_t kQuickNumberBytes = int64_t{64} << 10;

class Incoming {
 public:
  // What messages are read into: one that is cleared first, whatever it says; or one that says
  // nothing, but may have messages in it, which is read over, as clearing it would destroy those.
  enum class Into { kAnything, kWhatSaysNothing };
  explicit Incoming(Into into = Into::kAnything) : into_(into) {}

  // For gRPC, which puts the bytes there.
  grpc::ByteBuffer* buffer() { return &buffer_; }

  int64_t bytes() const { return static_cast<int64_t>(buffer_.Length()); }

  // Whether a message of that kind is read so soon that it may be read anywhere: it is not long, or
  // all but what is not long of it is one run of at most kQuickNumberBytes, `raw` or packed
  // numbers, which is only copied. Looks at no more than the kLongMessageBytes in front of the run.
  bool IsQuick(const google::protobuf::Descriptor& kind);

  // Whether that is the first byte.
  bool BeginsWith(uint8_t byte);

  // Forgets the bytes.
  void Drop() { buffer_.Clear(); }

  // Errors: MESSAGE_SIZE_LIMIT.
  absl::Status CheckLength(int64_t limit_bytes) const;

  // Reads the message and forgets the bytes. Errors: BAD_REQUEST, for bytes that are no message of
  // that kind.
  absl::Status ReadInto(google::protobuf::Message* message);

  // The same for a long one, which is given up when it is not `wanted` any more: asked every
  // kLongMessageBytes. Errors: CANCELLED also.
  absl::Status ReadWhile(absl::FunctionRef<bool()> wanted, google::protobuf::Message* message);

 private:
  bool ReadAll(google::protobuf::io::CodedInputStream& bytes, google::protobuf::Message* message);

  Into into_;
  grpc::ByteBuffer buffer_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_INCOMING_H_
