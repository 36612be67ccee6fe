// GradingService.GradeStream on the wire. Submissions are graded one after another, each on a
// worker; while one is graded and its verdict written, the next is read. So a stream holds two
// messages and one verdict at most, whatever the client sends and however slowly it reads.
//
// Thread safety: internal; gRPC, workers and drain call it from any thread. No lock is held while
// gRPC, a worker or the grader is called.
// Ownership: keeps itself alive until gRPC is done with it; `api` and `admission` outlive it.
#ifndef CELLAR_SERVER_RPC_GRADE_STREAM_REACTOR_H_
#define CELLAR_SERVER_RPC_GRADE_STREAM_REACTOR_H_

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "cellar/v1/grading_service.pb.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "server/api/api.h"
#include "server/api/grading_handlers.h"
#include "server/rpc/admission.h"

namespace cellar {

using GradeStreamReactorBase =
    grpc::ServerBidiReactor<v1::GradeStreamRequest, v1::GradeStreamResponse>;

class GradeStreamReactor final : public GradeStreamReactorBase,
                                 public DrainListener,
                                 public std::enable_shared_from_this<GradeStreamReactor> {
 public:
  // Starts the reactor of a new call, for gRPC; a call that is not let in is finished at once.
  static GradeStreamReactorBase* Start(const grpc::CallbackServerContext& context, Api& api,
                                       Admission& admission);

  void EndForDrain() override;

 private:
  enum class Do { kNothing, kRead, kWork, kWrite, kFinish };

  // How far the call is.
  struct Progress {
    bool reading = false;       // into incoming_
    bool has_incoming = false;  // incoming_ waits for its turn
    bool working = false;       // on current_, or writing response_
    bool has_response = false;  // response_ is to be written
    bool any_message = false;
    bool input_closed = false;  // no message will come
    bool finished = false;
    std::optional<absl::Status> end = std::nullopt;  // why no more is taken

    // Takes no more, because of `status` unless there was a reason before.
    void End(absl::Status status) {
      if (!end.has_value()) end = std::move(status);
    }
    // Whether another message may come.
    bool MayRead() const { return !reading && !has_incoming && !input_closed && !end.has_value(); }
  };

  GradeStreamReactor(Api& api, Admission& admission, SharedCaller caller, absl::Time deadline);

  // Reactions of gRPC.
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Notes an event (a function of Progress&) and carries out what it makes possible, unless another
  // thread does so already.
  template <class Event>
  void Happened(Event event) ABSL_LOCKS_EXCLUDED(mutex_);

  // Carries out actions until there is none. REQUIRES: acting_ was set by the caller.
  void Act() ABSL_LOCKS_EXCLUDED(mutex_);

  // The next action, which then counts as begun. After kFinish acting_ stays set.
  Do NextAction() ABSL_LOCKS_EXCLUDED(mutex_);
  Do Choose() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Has `current_` opened or graded on a worker.
  void Work();
  absl::Status Take(const absl::Status& may_run);

  absl::Status FinalStatus() ABSL_LOCKS_EXCLUDED(mutex_);

  // Constant after Start.
  Api& api_;
  Admission& admission_;
  const absl::Time deadline_;
  bool entered_ = false;
  std::shared_ptr<GradeStreamReactor> self_;  // until OnDone

  const std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);

  // Each belongs to who has been given it: gRPC while it reads or writes, else the worker.
  v1::GradeStreamRequest incoming_;
  v1::GradeStreamRequest current_;
  v1::GradeStreamResponse response_;
  GradeStream stream_;
  bool opened_ = false;

  absl::Mutex mutex_;
  bool acting_ ABSL_GUARDED_BY(mutex_) = false;
  Progress progress_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_GRADE_STREAM_REACTOR_H_
