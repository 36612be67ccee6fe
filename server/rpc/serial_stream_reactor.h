// A bidirectional stream on the wire whose messages are worked off one after another: what it does
// when is SerialStreamFlow's, what a message means is a SerialStream's. Events come from the queue,
// the drain, and whoever ends the work on a message.
//
// Thread safety and ownership: as a StreamCall; shared by whoever works on a message.
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
#include "server/api/stream_slot.h"
#include "server/base/status_macros.h"
#include "server/rpc/admission.h"
#include "server/rpc/incoming.h"
#include "server/rpc/serial_stream.h"
#include "server/rpc/serial_stream_flow.h"
#include "server/rpc/stream_call.h"
#include "server/rpc/wires.h"

namespace cellar {

template <class Request, class Response>
class SerialStreamReactor final : public StreamCall<SerialStreamFlow> {
 public:
  using Wire = StreamWire<Response>;
  using Stream = SerialStream<Request, Response>;
  using StreamMaker = std::function<std::unique_ptr<Stream>(Call call)>;

  // Starts the reactor of a new call; a call that is not let in is finished at once. `api` and
  // `admission` outlive it.
  static Reactor* Start(Wire& wire, Api& api, Admission& admission,
                        const StreamMaker& make_stream) {
    const std::shared_ptr<SerialStreamReactor> reactor(
        new SerialStreamReactor(wire, api, admission));
    return reactor->StreamCall::Start([&]() -> absl::Status {
      CELLAR_ASSIGN_OR_RETURN(reactor->slot_,
                              StreamSlot::Take(api, reactor->visit_.caller()->tenant));
      reactor->stream_ = make_stream(reactor->visit_.ForHandler());
      return absl::OkStatus();
    });
  }

 private:
  using Do = SerialStreamFlow::Do;
  static constexpr int64_t kMostKeptBytes = SerialStreamFlow::kMostKeptBytes;

  SerialStreamReactor(Wire& wire, Api& api, Admission& admission)
      : StreamCall(api, admission, wire, *Request::descriptor()), wire_(wire) {}

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

  // What is left of long messages ends behind whoever read or worked on them.
  void GiveBackAll() override {
    slot_ = nullptr;
    if (current_bytes_ + arrived_bytes_ <= kMostKeptBytes) return;
    auto messages = std::make_shared<std::pair<Request, Request>>();
    messages->first.Swap(&current_);
    messages->second.Swap(&read_);
    visit_.GiveBackOnWorker(std::move(messages), current_bytes_ + arrived_bytes_);
  }

  void Act(SerialStreamFlow::Action& action) override {
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
  std::unique_ptr<StreamSlot> slot_;
  std::unique_ptr<Stream> stream_;

  // Each belongs to who has been given it: gRPC or the visit while it is read or written, else the
  // stream.
  Incoming incoming_;
  Request read_;
  int64_t arrived_bytes_ = 0;  // what the last one to arrive took
  Request current_;
  int64_t current_bytes_ = 0;
  Response response_;
  int64_t response_bytes_ = 0;  // as it was measured
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_SERIAL_STREAM_REACTOR_H_
