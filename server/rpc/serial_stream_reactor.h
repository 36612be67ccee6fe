// A bidirectional stream on the wire whose messages are worked off one after another: what it does
// when is SerialStreamFlow's, what a message means is a SerialStream's. Longer than 200 lines, as a
// template has its code here.
//
// Events come from the queue's thread, from whoever ends the work on a message, and from the drain.
// Each is noted under a lock; then one thread, whichever finds nobody else at it, carries out what
// is to be done next, with no lock held.
//
// Thread safety: internal; queue, workers and drain call it from any thread.
// Ownership: keeps itself alive until gRPC is done with it and no work is left.
#ifndef CELLAR_SERVER_RPC_SERIAL_STREAM_REACTOR_H_
#define CELLAR_SERVER_RPC_SERIAL_STREAM_REACTOR_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/api/api.h"
#include "server/api/stream_slot.h"
#include "server/base/status_macros.h"
#include "server/rpc/admission.h"
#include "server/rpc/incoming.h"
#include "server/rpc/rpc_errors.h"
#include "server/rpc/serial_stream.h"
#include "server/rpc/serial_stream_flow.h"
#include "server/rpc/visit.h"
#include "server/rpc/wires.h"

namespace cellar {

template <class Request, class Response>
class SerialStreamReactor final
    : public Reactor,
      public DrainListener,
      public std::enable_shared_from_this<SerialStreamReactor<Request, Response>> {
 public:
  using Wire = StreamWire<Response>;
  using Stream = SerialStream<Request, Response>;
  using StreamMaker = std::function<std::unique_ptr<Stream>(Call call)>;

  // Starts the reactor of a new call; a call that is not let in is finished at once. `api` and
  // `admission` outlive it.
  static Reactor* Start(Wire& wire, Api& api, Admission& admission,
                        const StreamMaker& make_stream) {
    std::shared_ptr<SerialStreamReactor> reactor(new SerialStreamReactor(wire, api, admission));
    reactor->self_ = reactor;
    absl::Status refused = reactor->Enter(make_stream);
    // The queue's thread is here: OnDone comes after this has returned.
    reactor->Happened([&](SerialStreamFlow& flow) {
      if (!refused.ok()) flow.End(refused);
    });
    return reactor.get();
  }

  void EndForDrain() override {
    Happened([](SerialStreamFlow& flow) { flow.End(Draining()); });
  }

 private:
  using Do = SerialStreamFlow::Do;

  // Messages are kept, to be read and written into again, unless that is too much to keep.
  static constexpr int64_t kMostKeptBytes = int64_t{512} << 10;

  SerialStreamReactor(Wire& wire, Api& api, Admission& admission)
      : wire_(wire),
        api_(api),
        admission_(admission),
        visit_(api, admission, wire, *Request::descriptor()) {}

  absl::Status Enter(const StreamMaker& make_stream) {
    CELLAR_RETURN_IF_ERROR(visit_.Identify());
    CELLAR_RETURN_IF_ERROR(visit_.Enter());
    CELLAR_ASSIGN_OR_RETURN(slot_, StreamSlot::Take(api_, visit_.caller()->tenant));
    stream_ = make_stream(visit_.ForHandler());
    admission_.Tell(this->shared_from_this());
    return absl::OkStatus();
  }

  // Reactions of the call.
  void OnReadDone(bool ok) override {
    if (!ok) return Happened([](SerialStreamFlow& flow) { flow.ReadDone(false); });
    visit_.Read(incoming_, &read_, [this](const absl::StatusOr<int64_t>& bytes) {
      read_bytes_ = std::max(read_bytes_, bytes.value_or(0));  // what it had it keeps
      Happened([&](SerialStreamFlow& flow) {
        flow.ReadDone(bytes.ok());
        if (!bytes.ok()) flow.End(bytes.status());
      });
    });
  }
  void OnWriteDone(bool ok) override {
    if (response_bytes_ > kMostKeptBytes) response_ = Response();
    visit_.Hold(current_bytes_ + spare_bytes_).IgnoreError();  // less than before
    Happened([ok](SerialStreamFlow& flow) { flow.WriteDone(ok); });
  }
  void OnCancel() override {
    visit_.Cancel();
    Happened([](SerialStreamFlow& flow) { flow.End(CallerGone()); });
  }
  void OnDone() override {
    // A worker may hold the reactor a little longer than the server lives; what belongs to the
    // server goes back now.
    slot_ = nullptr;
    admission_.Forget(this);
    if (current_bytes_ + read_bytes_ > kMostKeptBytes) GiveBackOnWorker();
    visit_.Leave();
    self_.reset();
  }

  // What nobody has worked on any more.
  void GiveBackOnWorker() {
    auto messages = std::make_shared<std::pair<Request, Request>>();
    messages->first.Swap(&current_);
    messages->second.Swap(&read_);
    visit_.RunOnWorker([messages](const absl::Status&) { *messages = {}; });
  }

  // Notes an event (a function of SerialStreamFlow&) and carries out what it makes possible, unless
  // another thread does so already.
  template <class Event>
  void Happened(Event event) ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      absl::MutexLock lock(&mutex_);
      event(flow_);
      if (acting_) return;
      acting_ = true;
    }
    Act();
  }

  // Carries out actions until there is none. REQUIRES: acting_ was set by the caller.
  void Act() ABSL_LOCKS_EXCLUDED(mutex_) {
    while (true) {
      switch (NextAction()) {
        case Do::kNothing:
          return;
        case Do::kRead:
          wire_.Read(&incoming_);
          break;
        case Do::kWork:
          Work();
          break;
        case Do::kWrite:
          wire_.Write(response_);
          break;
        case Do::kFinish:
          visit_.Finish(FinalStatus());
          return;  // perhaps OnDone has come: this may be gone
      }
    }
  }

  // The next action. After kFinish acting_ stays set: nobody acts any more.
  Do NextAction() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    const Do next = flow_.Next();
    if (next == Do::kNothing) acting_ = false;
    if (next == Do::kWork) {
      current_.Swap(&read_);
      std::swap(current_bytes_, read_bytes_);
    }
    return next;
  }

  void Work() {
    spare_bytes_ = read_bytes_;  // not being read into yet, but kept
    absl::Status held = visit_.Hold(current_bytes_ + spare_bytes_);
    if (!held.ok()) return NoteWork(std::move(held));
    // Whoever works may be the last to hold it: a finished call drops it.
    stream_->Take(current_, &response_,
                  [this, alive = this->shared_from_this()](absl::StatusOr<bool> has_answer) {
                    NoteWork(std::move(has_answer));
                  });
  }

  void NoteWork(absl::StatusOr<bool> has_answer) {
    // A message that was refused may have many parts for nothing. Whoever worked on it gives it
    // back.
    if (current_bytes_ > kMostKeptBytes || !has_answer.ok()) {
      current_ = Request();
      current_bytes_ = 0;
    }
    const bool wanted = !visit_.cancelled();
    absl::Status held;
    if (has_answer.ok() && *has_answer) {
      response_bytes_ = static_cast<int64_t>(response_.ByteSizeLong());
      held = visit_.Hold(current_bytes_ + spare_bytes_ + response_bytes_);
    }
    Happened([&](SerialStreamFlow& flow) {
      flow.WorkDone(has_answer.status(), has_answer.ok() && *has_answer && wanted);
      if (!held.ok()) flow.End(held);  // behind the answer: what was done is told
    });
  }

  absl::Status FinalStatus() ABSL_LOCKS_EXCLUDED(mutex_) {
    const absl::Status status = [&] {
      absl::MutexLock lock(&mutex_);
      return flow_.final_status();
    }();
    return status.ok() ? stream_->Close() : status;
  }

  // Constant after Start.
  Wire& wire_;  // until OnDone
  Api& api_;
  Admission& admission_;
  Visit visit_;
  std::unique_ptr<StreamSlot> slot_;
  std::unique_ptr<Stream> stream_;
  std::shared_ptr<SerialStreamReactor> self_;  // until OnDone

  // Each belongs to who has been given it: gRPC or the visit while it is read or written, else the
  // stream.
  Incoming incoming_;
  Request read_;
  int64_t read_bytes_ = 0;
  Request current_;
  int64_t current_bytes_ = 0;
  Response response_;
  int64_t response_bytes_ = 0;
  int64_t spare_bytes_ = 0;  // of read_ when the work on current_ began

  absl::Mutex mutex_;
  bool acting_ ABSL_GUARDED_BY(mutex_) = false;
  SerialStreamFlow flow_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_SERIAL_STREAM_REACTOR_H_
