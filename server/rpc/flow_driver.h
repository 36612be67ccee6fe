// Drives the flow of a call that several threads have something to tell: the queue's thread (a read
// or a write ended, the client has gone), whoever ends the work on a message, the drain. Each event
// is noted under a lock; then one thread, whichever finds nobody else at it, carries out what the
// flow says is next, one action after another, with no lock held. So reads, writes, work and the
// end never overlap, and a chain of cheap work is a loop, not a recursion.
//
// A Flow is bookkeeping, without threads or locks: it has an Action with a member `what` of an enum
// Do, of which kNothing and kFinish are two, and a method Next that tells the next action, which
// then counts as begun. kFinish comes once, and is the last.
//
// Thread safety: Happened may be called from any thread, and from within an action.
#ifndef CELLAR_SERVER_RPC_FLOW_DRIVER_H_
#define CELLAR_SERVER_RPC_FLOW_DRIVER_H_

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace cellar {

template <class Flow>
class FlowDriver {
 public:
  using Action = typename Flow::Action;

  explicit FlowDriver(Flow flow = Flow()) : flow_(std::move(flow)) {}

  // Notes an event (a function of Flow&), and has `act` (a function of Action&) carry out what it
  // makes possible, unless another thread is at it. REQUIRES: the driver lives until this returns,
  // or until the last action has begun.
  template <class Event, class Act>
  void Happened(Event event, Act act) ABSL_LOCKS_EXCLUDED(mutex_) {
    Action action = Begin(event);
    while (action.what != Flow::Do::kNothing) {
      act(action);
      if (action.what == Flow::Do::kFinish) return;  // perhaps this is gone
      action = Next();
    }
  }

 private:
  // Notes an event. The action that the calling thread is to begin with, kNothing if another is at
  // it.
  template <class Event>
  Action Begin(Event& event) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    event(flow_);
    if (std::exchange(acting_, true)) return {};
    return NextLocked();
  }

  Action Next() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return NextLocked();
  }

  // After kFinish acting_ stays set: nobody acts any more.
  Action NextLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Action action = flow_.Next();
    if (action.what == Flow::Do::kNothing) acting_ = false;
    return action;
  }

  absl::Mutex mutex_;
  Flow flow_ ABSL_GUARDED_BY(mutex_);
  bool acting_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_FLOW_DRIVER_H_
