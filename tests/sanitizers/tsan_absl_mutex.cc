// Makes absl::Mutex visible to ThreadSanitizer. Debian's Abseil is not compiled for it, so the
// sanitizer sees neither the lock nor the unlock, and would report everything that a mutex guards.
// This library is loaded before Abseil's (LD_PRELOAD, see tests/sanitize); its Mutex, CondVar and
// Notification tell the sanitizer what happens and let the real ones do it.
//
// Thread safety: as absl::Mutex. Ownership: owns nothing.
//
// While the real function runs, the sanitizer ignores the thread (between "pre" and "post"): so
// other threads' conditions, which Abseil evaluates under the lock, are not taken for races.
//
// In a process without the sanitizer the calls are passed on and nothing else happens.
//
// Not seen: Notification::HasBeenNotified, which is inline. Wait instead.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

extern "C" {
__attribute__((weak)) void __tsan_mutex_destroy(void* mutex, unsigned flags);
__attribute__((weak)) void __tsan_mutex_pre_lock(void* mutex, unsigned flags);
__attribute__((weak)) void __tsan_mutex_post_lock(void* mutex, unsigned flags, int recursion);
__attribute__((weak)) int __tsan_mutex_pre_unlock(void* mutex, unsigned flags);
__attribute__((weak)) void __tsan_mutex_post_unlock(void* mutex, unsigned flags);
__attribute__((weak)) void __tsan_acquire(void* object);
__attribute__((weak)) void __tsan_release(void* object);
}

namespace {

constexpr unsigned kWrite = 0;
constexpr unsigned kRead = 1U << 3;       // __tsan_mutex_read_lock
constexpr unsigned kTry = 1U << 4;        // __tsan_mutex_try_lock
constexpr unsigned kTryFailed = 1U << 5;  // __tsan_mutex_try_lock_failed

// Finds Abseil's own function behind ours, by its mangled name without the namespace; `Signature`
// is the member function's with the object in front. The prefix is of Debian 12's inline namespace.
template <typename Signature>
Signature* Find(const char* prefix, const char* name) {
  char mangled[200];
  snprintf(mangled, sizeof(mangled), "%s%s", prefix, name);
  void* const real = dlsym(RTLD_NEXT, mangled);
  if (real == nullptr) {
    fprintf(stderr, "tsan_absl_mutex: this Abseil has no %s; adapt the name here\n", mangled);
    abort();
  }
  return reinterpret_cast<Signature*>(real);
}

template <typename Signature>
Signature* Real(const char* name) {
  return Find<Signature>("_ZN4absl7debian3", name);
}

template <typename Signature>
Signature* RealConst(const char* name) {
  return Find<Signature>("_ZNK4absl7debian3", name);
}

// What the calling thread did so far happens before whatever follows Acquire of the same object.
void Release(const void* object) {
  if (__tsan_release != nullptr) __tsan_release(const_cast<void*>(object));
}

void Acquire(const void* object) {
  if (__tsan_acquire != nullptr) __tsan_acquire(const_cast<void*>(object));
}

void BeginLock(void* mutex, unsigned flags) {
  if (__tsan_mutex_pre_lock != nullptr) __tsan_mutex_pre_lock(mutex, flags);
}

void EndLock(void* mutex, unsigned flags) {
  if (__tsan_mutex_post_lock != nullptr) __tsan_mutex_post_lock(mutex, flags, 0);
}

void BeginUnlock(void* mutex, unsigned flags) {
  if (__tsan_mutex_pre_unlock != nullptr) __tsan_mutex_pre_unlock(mutex, flags);
}

void EndUnlock(void* mutex, unsigned flags) {
  if (__tsan_mutex_post_unlock != nullptr) __tsan_mutex_post_unlock(mutex, flags);
}

// A wait gives the lock away and takes it back. Waits on reader locks are told as writer locks
// would be: nobody here waits with one.
void BeginWait(void* mutex) {
  BeginUnlock(mutex, kWrite);
  EndUnlock(mutex, kWrite);
  BeginLock(mutex, kWrite);
}

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

Mutex::~Mutex() {
  if (__tsan_mutex_destroy != nullptr) __tsan_mutex_destroy(this, 0);
  static auto* const real = Real<void(Mutex*)>("5MutexD1Ev");
  real(this);
}

void Mutex::Lock() {
  static auto* const real = Real<void(Mutex*)>("5Mutex4LockEv");
  BeginLock(this, kWrite);
  real(this);
  EndLock(this, kWrite);
}

void Mutex::Unlock() {
  static auto* const real = Real<void(Mutex*)>("5Mutex6UnlockEv");
  BeginUnlock(this, kWrite);
  real(this);
  EndUnlock(this, kWrite);
}

bool Mutex::TryLock() {
  static auto* const real = Real<bool(Mutex*)>("5Mutex7TryLockEv");
  BeginLock(this, kWrite | kTry);
  const bool locked = real(this);
  EndLock(this, kWrite | kTry | (locked ? 0 : kTryFailed));
  return locked;
}

void Mutex::ReaderLock() {
  static auto* const real = Real<void(Mutex*)>("5Mutex10ReaderLockEv");
  BeginLock(this, kRead);
  real(this);
  EndLock(this, kRead);
}

bool Mutex::ReaderTryLock() {
  static auto* const real = Real<bool(Mutex*)>("5Mutex13ReaderTryLockEv");
  BeginLock(this, kRead | kTry);
  const bool locked = real(this);
  EndLock(this, kRead | kTry | (locked ? 0 : kTryFailed));
  return locked;
}

void Mutex::ReaderUnlock() {
  static auto* const real = Real<void(Mutex*)>("5Mutex12ReaderUnlockEv");
  BeginUnlock(this, kRead);
  real(this);
  EndUnlock(this, kRead);
}

void Mutex::LockWhen(const Condition& condition) {
  static auto* const real =
      Real<void(Mutex*, const Condition&)>("5Mutex8LockWhenERKNS0_9ConditionE");
  BeginLock(this, kWrite);
  real(this, condition);
  EndLock(this, kWrite);
}

// Passes on only: Abseil's own calls LockWhenWithDeadline, ours, which tells the sanitizer.
bool Mutex::LockWhenWithTimeout(const Condition& condition, Duration timeout) {
  static auto* const real = Real<bool(Mutex*, const Condition&, Duration)>(
      "5Mutex19LockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  return real(this, condition, timeout);
}

bool Mutex::LockWhenWithDeadline(const Condition& condition, Time deadline) {
  static auto* const real = Real<bool(Mutex*, const Condition&, Time)>(
      "5Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  BeginLock(this, kWrite);
  const bool met = real(this, condition, deadline);
  EndLock(this, kWrite);
  return met;
}

void Mutex::Await(const Condition& condition) {
  static auto* const real = Real<void(Mutex*, const Condition&)>("5Mutex5AwaitERKNS0_9ConditionE");
  BeginWait(this);
  real(this, condition);
  EndLock(this, kWrite);
}

// Passes on only: Abseil's own calls AwaitWithDeadline, ours, which tells the sanitizer.
bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  static auto* const real = Real<bool(Mutex*, const Condition&, Duration)>(
      "5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  return real(this, condition, timeout);
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  static auto* const real = Real<bool(Mutex*, const Condition&, Time)>(
      "5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  BeginWait(this);
  const bool met = real(this, condition, deadline);
  EndLock(this, kWrite);
  return met;
}

void CondVar::Wait(Mutex* mutex) {
  static auto* const real = Real<void(CondVar*, Mutex*)>("7CondVar4WaitEPNS0_5MutexE");
  BeginWait(mutex);
  real(this, mutex);
  EndLock(mutex, kWrite);
}

// Passes on only: Abseil's own calls WaitWithDeadline, ours, which tells the sanitizer.
bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  static auto* const real = Real<bool(CondVar*, Mutex*, Duration)>(
      "7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE");
  return real(this, mutex, timeout);
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  static auto* const real =
      Real<bool(CondVar*, Mutex*, Time)>("7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  BeginWait(mutex);
  const bool timed_out = real(this, mutex, deadline);
  EndLock(mutex, kWrite);
  return timed_out;
}

void Notification::Notify() {
  static auto* const real = Real<void(Notification*)>("12Notification6NotifyEv");
  Release(this);
  real(this);
}

void Notification::WaitForNotification() const {
  static auto* const real =
      RealConst<void(const Notification*)>("12Notification19WaitForNotificationEv");
  real(this);
  Acquire(this);
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  static auto* const real = RealConst<bool(const Notification*, Duration)>(
      "12Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
  const bool notified = real(this, timeout);
  if (notified) Acquire(this);
  return notified;
}

ABSL_NAMESPACE_END
}  // namespace absl
