// Who is let in, who is inside, and how the server empties.
//
// Every call enters and leaves. Once draining has begun nobody enters any more; those inside finish
// what they do, and streams, which would stay for ever, are told to end.
//
// Thread safety: all methods may be called from any thread. Entering and leaving take no lock until
// draining has begun. No lock is held while a stream is told.
#ifndef CELLAR_SERVER_RPC_ADMISSION_H_
#define CELLAR_SERVER_RPC_ADMISSION_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/server_context.h"
#include "server/identity/authentication.h"
#include "server/identity/caller.h"
#include "server/rpc/call_book.h"

namespace cellar {

// A call that stays until somebody tells it to end.
class DrainListener {
 public:
  virtual ~DrainListener() = default;

  // Finish what was taken and answer it, take nothing more, end with DRAINING. Called at most once,
  // from any thread.
  virtual void EndForDrain() = 0;
};

class Admission {
 public:
  // Everybody is the LocalCaller.
  Admission() = default;

  // `authentication` and `book` outlive it. A null book: nobody notes how calls end.
  Admission(const Authentication& authentication, CallBook* book)
      : authentication_(&authentication), book_(book) {}

  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // Who calls the method that takes `request`. Asked first, so that whoever is nobody learns
  // nothing more. Errors: as Authentication::LetIn.
  absl::StatusOr<SharedCaller> Identify(const grpc::ServerContextBase& context,
                                        const google::protobuf::Descriptor& request) const;

  // Counts a call in; each success is followed by one Leave. Errors: DRAINING.
  absl::Status Enter();
  void Leave();

  // The last thing to do with a call of the method that takes `request`, whether it was let in or
  // not: what to finish it with, once it has been noted in the book. `caller`: as CallBook::Note.
  grpc::Status Close(grpc::ServerContextBase& context, const google::protobuf::Descriptor& request,
                     const Caller* caller, const absl::Status& status) const;

  // Calls inside now.
  int64_t inside() const { return inside_.load(); }

  // Will tell `listener` when draining begins (at once if it has begun), until Forget.
  void Tell(const std::shared_ptr<DrainListener>& listener);
  void Forget(const DrainListener* listener);

  // From now on Enter refuses; all listeners are told. Idempotent.
  void StartDraining();

  // Waits until nobody is inside, for `timeout` at most or until Force. Returns whether nobody is;
  // if somebody is, the end is forced. REQUIRES: draining has begun.
  bool AwaitEmpty(absl::Duration timeout);

  // Waits for `time`, or until Force.
  void AwaitForce(absl::Duration time);

  // Ends both waits now and for ever.
  void Force();

  // Whether the end is forced: then whatever takes long to give back is left to the end of the
  // process (left_to_the_end.h). May be looked at when this is gone.
  const std::shared_ptr<const std::atomic<bool>>& forced() const { return shown_forced_; }

 private:
  bool EmptyOrForced() const;

  const Authentication* const authentication_ = nullptr;
  CallBook* const book_ = nullptr;

  std::atomic<int64_t> inside_{0};
  std::atomic<bool> draining_{false};
  const std::shared_ptr<std::atomic<bool>> forced_ = std::make_shared<std::atomic<bool>>(false);
  const std::shared_ptr<const std::atomic<bool>> shown_forced_ = forced_;

  absl::Mutex mutex_;
  absl::flat_hash_map<const DrainListener*, std::weak_ptr<DrainListener>> listeners_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_ADMISSION_H_
