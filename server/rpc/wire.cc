#include "server/rpc/wire.h"

#include <utility>

namespace cellar {

Wire::Wire(CallQueue& queue) : place_(queue) { context_.AsyncNotifyWhenDone(ended_.tag()); }

void Wire::Begun(bool ok) {
  if (!ok) {  // the server is shut down
    delete this;
    return;
  }
  reactor_ = Begin();
}

void Wire::ReadEnded(bool ok) {
  // Where a read alone breaks gRPC may hold that for a success, too, but tells if asked.
  const bool broke = operation_.broken() || grpc_call_failed_before_recv_message(context_.c_call());
  if (!ok && broke) Gone();
  reactor_->OnReadDone(ok);
  OneLess();
}

void Wire::Written(bool ok) {
  if (!ok) Gone();
  reactor_->OnWriteDone();
  OneLess();
}

void Wire::Finished(bool) { OneLess(); }

void Wire::Ended(bool) {
  if (context_.IsCancelled()) Gone();
  OneLess();
}

void Wire::Gone() {
  if (!std::exchange(gone_, true)) reactor_->OnCancel();
}

void Wire::OneLess() {
  if (due_.fetch_sub(1) > 1) return;
  reactor_->OnDone();
  delete this;
}

}  // namespace cellar
