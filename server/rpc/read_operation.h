// Reads a message, and may write one with it: to gRPC one operation, which ends with the later of
// the two, and costs little more than either. (gRPC's own streams have them apart.)
//
// Thread safety: Start may be called from any thread.
// Ownership: lives until the queue has told of what was started, like what is read into.
#ifndef CELLAR_SERVER_RPC_READ_OPERATION_H_
#define CELLAR_SERVER_RPC_READ_OPERATION_H_

#include <cassert>
#include <cstddef>

#include "grpc/grpc.h"
#include "grpcpp/impl/call_op_set.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/status.h"

namespace cellar {

template <class Written>
class ReadOperation final : public grpc::internal::CompletionQueueTag,
                            private grpc::internal::CallOpSendMessage,
                            private grpc::internal::CallOpRecvMessage<grpc::ByteBuffer> {
 public:
  // `written`: null, or what is written down at once. The queue is told by `tag`. REQUIRES: no
  // other is under way; where there is something to write, nor is a write, and it is not the first.
  void Start(grpc_call* call, const Written* written, grpc::ByteBuffer* read, void* tag) {
    tag_ = tag;
    if (written != nullptr) {
      [[maybe_unused]] const grpc::Status done = this->SendMessage(*written);
      assert(done.ok());
    }
    this->RecvMessage(read);
    grpc_op operations[2];
    size_t count = 0;
    CallOpSendMessage::AddOp(operations, &count);
    CallOpRecvMessage::AddOp(operations, &count);
    [[maybe_unused]] const grpc_call_error begun = grpc_call_start_batch(
        call, operations, count, static_cast<grpc::internal::CompletionQueueTag*>(this), nullptr);
    assert(begun == GRPC_CALL_OK);
  }

  bool FinalizeResult(void** tag, bool* ok) override {
    CallOpSendMessage::FinishOp(ok);
    CallOpRecvMessage::FinishOp(ok);
    *tag = tag_;
    return true;
  }

 private:
  void* tag_ = nullptr;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_READ_OPERATION_H_
