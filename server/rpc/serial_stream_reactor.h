// A bidirectional stream on the wire whose messages are worked off one after another: what it does
// when is SerialStreamFlow's (flow_driver.h says on which thread), what a message means is a
// SerialStream's. Events come from the queue, the drain, and whoever ends the work on a message.
//
// Thread safety: internal; queue, workers and drain call it from any thread.
// Ownership: keeps itself alive until gRPC is done with it and no work is left.
#ifndef CELLAR_SERVER_RPC_SERIAL_STREAM_REACTOR_H_
#define CELLAR_SERVER_RPC_SERIAL_STREAM_REACTOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/api/api.h"
#include "server/api/api_errors.h"
#include "server/api/stream_slot.h"
#include "server/base/status_macros.h"
#include "server/rpc/admission.h"
#include "server/rpc/flow_driver.h"
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
  static constexpr int64_t kMostKeptBytes = SerialStreamFlow::kMostKeptBytes;

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
    if (!ok) return Happened([](SerialStreamFlow& flow) { flow.InputClosed(); });
    visit_.Read(incoming_, &read_, [this](const absl::StatusOr<int64_t>& bytes) {
      arrived_bytes_ = bytes.value_or(0);
      Happened([&](SerialStreamFlow& flow) {
        flow.Arrived(bytes.value_or(0));
        if (!bytes.ok()) flow.End(bytes.status());
      });
    });
  }
  void OnWriteDone() override {
    Happened([](SerialStreamFlow& flow) { flow.WriteDone(); });
  }
  void OnCancel() override {
    visit_.Cancel();
    Happened([](SerialStreamFlow& flow) { flow.End(CallCancelled()); });
  }
  void OnDone() override {
    // A worker may hold the reactor a little longer than the server lives; what belongs to the
    // server goes back now.
    slot_ = nullptr;
    admission_.Forget(this);
    if (current_bytes_ + arrived_bytes_ > kMostKeptBytes) GiveBackOnWorker();
    visit_.Leave();
    self_.reset();
  }

  // What is left once the call is done: it ends behind whoever read or worked on it.
  void GiveBackOnWorker() {
    auto messages = std::make_shared<std::pair<Request, Request>>();
    messages->first.Swap(&current_);
    messages->second.Swap(&read_);
    visit_.GiveBackOnWorker(std::move(messages), current_bytes_ + arrived_bytes_);
  }

  // Tells the flow of an event (a function of SerialStreamFlow&).
  template <class Event>
  void Happened(Event event) {
    flow_.Happened(std::move(event),
                   [this](const SerialStreamFlow::Action& action) { Act(action); });
  }

  void Act(const SerialStreamFlow::Action& action) {
    switch (action.what) {
      case Do::kNothing:
        break;
      case Do::kCharge: {
        const absl::Status full = visit_.SetBytes(action.bytes);
        if (full.ok()) break;
        visit_.SetBytesAnyway(action.bytes);  // an answer that is there is told, and taken, yet
        Happened([&](SerialStreamFlow& flow) { flow.End(full); });
        break;
      }
      case Do::kRead:
        wire_.Read(&incoming_);
        break;
      case Do::kWork:
        current_.Swap(&read_);
        current_bytes_ = action.bytes;
        // Whoever works may be the last to hold it: a finished call drops it.
        stream_->Take(current_, &response_,
                      [this, alive = this->shared_from_this()](absl::StatusOr<bool> has_answer) {
                        NoteWork(std::move(has_answer));
                      });
        break;
      case Do::kWrite:
        wire_.Write(Measured<Response>{response_});
        if (response_bytes_ > kMostKeptBytes) response_ = Response();
        break;
      case Do::kFinish:
        visit_.Finish(action.status.ok() ? stream_->Close() : action.status);
        break;
    }
  }

  void NoteWork(absl::StatusOr<bool> has_answer) {
    // One that was refused may have many parts for nothing. Whoever worked on it gives it back.
    if (!has_answer.ok() || current_bytes_ > kMostKeptBytes) {
      visit_.LeaveIfForced(current_);
      current_ = Request();
      current_bytes_ = 0;
    }
    std::optional<int64_t> answer_bytes;
    if (has_answer.ok() && *has_answer && !visit_.cancelled()) {
      response_bytes_ = static_cast<int64_t>(response_.ByteSizeLong());
      answer_bytes = response_bytes_;
    }
    Happened([&](SerialStreamFlow& flow) { flow.WorkDone(has_answer.status(), answer_bytes); });
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
  int64_t arrived_bytes_ = 0;  // what the last one to arrive took
  Request current_;
  int64_t current_bytes_ = 0;
  Response response_;
  int64_t response_bytes_ = 0;  // as it was measured

  FlowDriver<SerialStreamFlow> flow_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_SERIAL_STREAM_REACTOR_H_
