// Reads a message, and may write one with it: to gRPC one operation, which ends with the later of
// the two, and costs little more than either. (gRPC's own streams have them apart.)
//
// Thread safety: Start may be called from any thread.
// Ownership: lives until the queue has told of what was started, like what is read into.
#ifndef CELLAR_SERVER_RPC_READ_OPERATION_H_
#define CELLAR_SERVER_RPC_READ_OPERATION_H_

#include <cstddef>

#include "absl/base/internal/raw_logging.h"
#include "grpc/grpc.h"
#include "grpcpp/impl/call_op_set.h"
#include "grpcpp/support/byte_buffer.h"

namespace cellar {

class ReadOperation final : public grpc::internal::CompletionQueueTag,
                            private grpc::internal::CallOpSendMessage,
                            private grpc::internal::CallOpRecvMessage<grpc::ByteBuffer> {
 public:
  // The queue is told by `tag`.
  explicit ReadOperation(void* tag) : tag_(tag) {}

  // `written`: null, or what is written down at once. REQUIRES: no other is under way; where there
  // is something to write, nor is a write, and it is not the first. What gRPC refuses, as it does
  // what breaks these rules, would never end: then the process does, as with gRPC's own operations.
  template <class Written>
  void Start(grpc_call* call, const Written* written, grpc::ByteBuffer* read) {
    bool begun = written == nullptr || this->SendMessage(*written).ok();
    this->RecvMessage(read);
    grpc_op operations[2];
    size_t count = 0;
    CallOpSendMessage::AddOp(operations, &count);
    CallOpRecvMessage::AddOp(operations, &count);
    auto* const queue_tag = static_cast<grpc::internal::CompletionQueueTag*>(this);
    begun =
        begun && grpc_call_start_batch(call, operations, count, queue_tag, nullptr) == GRPC_CALL_OK;
    ABSL_RAW_CHECK(begun, "gRPC refuses to read");
  }

  // Whether the last one failed, so that the client is gone. One that ends without a message, as
  // none will come, has not failed. For the queue's thread.
  bool broken() const { return broken_; }

  bool FinalizeResult(void** tag, bool* ok) override {
    broken_ = !*ok;  // true also where there is no message: only FinishOp makes it false then
    CallOpSendMessage::FinishOp(ok);
    CallOpRecvMessage::FinishOp(ok);
    *tag = tag_;
    return true;
  }

 private:
  void* const tag_;
  bool broken_ = false;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_READ_OPERATION_H_
