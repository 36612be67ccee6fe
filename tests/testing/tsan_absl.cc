// Tells ThreadSanitizer about Abseil's locks. A packaged Abseil is compiled without it: its locks
// are invisible, and everything they order looks like a race. In builds with ThreadSanitizer the
// linker sends the calls that our code makes to the functions below (--wrap, see tsan_absl.cmake),
// which announce what happens and pass the call on.
//
// Not seen: Notification::HasBeenNotified (inline). Wait instead, in tests for ThreadSanitizer.
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

// The mangled name of a member function of absl; CELLAR_ABSL_PREFIX holds "_ZN", "absl" and the
// package's inline namespace.
#define CELLAR_REAL(name) __asm__("__real__ZN" CELLAR_ABSL_PREFIX name)
#define CELLAR_WRAP(name) __asm__("__wrap__ZN" CELLAR_ABSL_PREFIX name)
#define CELLAR_REAL_CONST(name) __asm__("__real__ZNK" CELLAR_ABSL_PREFIX name)
#define CELLAR_WRAP_CONST(name) __asm__("__wrap__ZNK" CELLAR_ABSL_PREFIX name)

namespace cellar {
namespace {

// What the calling thread did so far happens before whatever follows Acquire of the same object.
void Release(const void* object) { __tsan_release(const_cast<void*>(object)); }
void Acquire(const void* object) { __tsan_acquire(const_cast<void*>(object)); }

}  // namespace

#define CELLAR_ABSL_LOCK(function, name)                     \
  void Real##function(absl::Mutex* mutex) CELLAR_REAL(name); \
  void Wrap##function(absl::Mutex* mutex) CELLAR_WRAP(name); \
  void Wrap##function(absl::Mutex* mutex) {                  \
    Real##function(mutex);                                   \
    Acquire(mutex);                                          \
  }

#define CELLAR_ABSL_TRY_LOCK(function, name)                 \
  bool Real##function(absl::Mutex* mutex) CELLAR_REAL(name); \
  bool Wrap##function(absl::Mutex* mutex) CELLAR_WRAP(name); \
  bool Wrap##function(absl::Mutex* mutex) {                  \
    const bool locked = Real##function(mutex);               \
    if (locked) Acquire(mutex);                              \
    return locked;                                           \
  }

#define CELLAR_ABSL_UNLOCK(function, name)                   \
  void Real##function(absl::Mutex* mutex) CELLAR_REAL(name); \
  void Wrap##function(absl::Mutex* mutex) CELLAR_WRAP(name); \
  void Wrap##function(absl::Mutex* mutex) {                  \
    Release(mutex);                                          \
    Real##function(mutex);                                   \
  }

CELLAR_ABSL_LOCK(Lock, "5Mutex4LockEv")
CELLAR_ABSL_LOCK(ReaderLock, "5Mutex10ReaderLockEv")
CELLAR_ABSL_TRY_LOCK(TryLock, "5Mutex7TryLockEv")
CELLAR_ABSL_TRY_LOCK(ReaderTryLock, "5Mutex13ReaderTryLockEv")
CELLAR_ABSL_UNLOCK(Unlock, "5Mutex6UnlockEv")
CELLAR_ABSL_UNLOCK(ReaderUnlock, "5Mutex12ReaderUnlockEv")

void RealAwait(absl::Mutex* mutex, const absl::Condition& condition)
    CELLAR_REAL("5Mutex5AwaitERKNS0_9ConditionE");
void WrapAwait(absl::Mutex* mutex, const absl::Condition& condition)
    CELLAR_WRAP("5Mutex5AwaitERKNS0_9ConditionE");
void WrapAwait(absl::Mutex* mutex, const absl::Condition& condition) {
  Release(mutex);
  RealAwait(mutex, condition);
  Acquire(mutex);
}

bool RealAwaitWithTimeout(absl::Mutex* mutex, const absl::Condition& condition,
                          absl::Duration timeout)
    CELLAR_REAL("5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
bool WrapAwaitWithTimeout(absl::Mutex* mutex, const absl::Condition& condition,
                          absl::Duration timeout)
    CELLAR_WRAP("5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
bool WrapAwaitWithTimeout(absl::Mutex* mutex, const absl::Condition& condition,
                          absl::Duration timeout) {
  Release(mutex);
  const bool met = RealAwaitWithTimeout(mutex, condition, timeout);
  Acquire(mutex);
  return met;
}

bool RealAwaitWithDeadline(absl::Mutex* mutex, const absl::Condition& condition, absl::Time time)
    CELLAR_REAL("5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
bool WrapAwaitWithDeadline(absl::Mutex* mutex, const absl::Condition& condition, absl::Time time)
    CELLAR_WRAP("5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
bool WrapAwaitWithDeadline(absl::Mutex* mutex, const absl::Condition& condition, absl::Time time) {
  Release(mutex);
  const bool met = RealAwaitWithDeadline(mutex, condition, time);
  Acquire(mutex);
  return met;
}

void RealWait(absl::CondVar* changed, absl::Mutex* mutex) CELLAR_REAL("7CondVar4WaitEPNS0_5MutexE");
void WrapWait(absl::CondVar* changed, absl::Mutex* mutex) CELLAR_WRAP("7CondVar4WaitEPNS0_5MutexE");
void WrapWait(absl::CondVar* changed, absl::Mutex* mutex) {
  Release(mutex);
  RealWait(changed, mutex);
  Acquire(mutex);
}

bool RealWaitWithTimeout(absl::CondVar* changed, absl::Mutex* mutex, absl::Duration timeout)
    CELLAR_REAL("7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
bool WrapWaitWithTimeout(absl::CondVar* changed, absl::Mutex* mutex, absl::Duration timeout)
    CELLAR_WRAP("7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
bool WrapWaitWithTimeout(absl::CondVar* changed, absl::Mutex* mutex, absl::Duration timeout) {
  Release(mutex);
  const bool timed_out = RealWaitWithTimeout(changed, mutex, timeout);
  Acquire(mutex);
  return timed_out;
}

void RealNotify(absl::Notification* notification) CELLAR_REAL("12Notification6NotifyEv");
void WrapNotify(absl::Notification* notification) CELLAR_WRAP("12Notification6NotifyEv");
void WrapNotify(absl::Notification* notification) {
  Release(notification);
  RealNotify(notification);
}

void RealWaitForNotification(const absl::Notification* notification)
    CELLAR_REAL_CONST("12Notification19WaitForNotificationEv");
void WrapWaitForNotification(const absl::Notification* notification)
    CELLAR_WRAP_CONST("12Notification19WaitForNotificationEv");
void WrapWaitForNotification(const absl::Notification* notification) {
  RealWaitForNotification(notification);
  Acquire(notification);
}

bool RealWaitForNotificationWithTimeout(const absl::Notification* notification,
                                        absl::Duration timeout)
    CELLAR_REAL_CONST("12Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
bool WrapWaitForNotificationWithTimeout(const absl::Notification* notification,
                                        absl::Duration timeout)
    CELLAR_WRAP_CONST("12Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
bool WrapWaitForNotificationWithTimeout(const absl::Notification* notification,
                                        absl::Duration timeout) {
  const bool notified = RealWaitForNotificationWithTimeout(notification, timeout);
  if (notified) Acquire(notification);
  return notified;
}

}  // namespace cellar
