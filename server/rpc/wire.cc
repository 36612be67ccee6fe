#include "server/rpc/wire.h"

namespace cellar {

Wire::Wire(CallQueue& queue) : place_(queue) { context_.AsyncNotifyWhenDone(ended_.tag()); }

void Wire::Begun(bool ok) {
  if (!ok) {  // the server is shut down
    delete this;
    return;
  }
  reactor_ = Begin();
}

void Wire::Read(bool ok) {
  reactor_->OnReadDone(ok);
  OneLess();
}

void Wire::Written(bool ok) {
  reactor_->OnWriteDone(ok);
  OneLess();
}

void Wire::Finished(bool) { OneLess(); }

void Wire::Ended(bool) {
  if (context_.IsCancelled()) reactor_->OnCancel();
  OneLess();
}

void Wire::OneLess() {
  if (due_.fetch_sub(1) > 1) return;
  reactor_->OnDone();
  delete this;
}

}  // namespace cellar
