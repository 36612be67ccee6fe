// One client's end of a stream, without the wire.
//
// Thread safety: messages are sent by one thread; what came back is read when nothing is in flight.
#ifndef CELLAR_TESTS_TESTING_STREAM_CLIENT_H_
#define CELLAR_TESTS_TESTING_STREAM_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "cellar/v1/session_service.pb.h"
#include "server/api/api.h"
#include "server/api/step_stream.h"
#include "server/base/error.h"
#include "tests/testing/api_fixture.h"

namespace cellar {

// Everything that comes back is noted in its order.
class StreamClient {
 public:
  explicit StreamClient(Api& api, Call call = Call(LocalCaller()))
      : created_(StepStream::Create(
            api, std::move(call), [this](const absl::Status& status) { ends_.push_back(status); })),
        stream_(created_.ok() ? *std::exchange(created_, nullptr) : nullptr) {}
  ~StreamClient() { Close(); }

  // One that could not be created is refused with why.
  void Open(const v1::StreamStepsRequest& request) {
    if (!created_.ok()) return outcomes_.push_back(created_.status());
    Exchange& exchange = NewExchange(request);
    stream_->Open(exchange.request, &exchange.response, Note());
  }
  absl::Status OpenA(std::optional<int64_t> resume_from = std::nullopt) {
    v1::StreamStepsRequest request;
    request.mutable_open()->set_session("sessions/a");
    if (resume_from.has_value()) request.mutable_open()->set_resume_from(*resume_from);
    Open(request);
    return outcomes_.back();
  }
  void Send(const v1::StreamStepsRequest& request) {
    Exchange& exchange = NewExchange(request);
    stream_->Step(exchange.request, &exchange.response, Note());
  }
  void SendStep(const std::vector<double>& inputs,
                std::optional<int64_t> step_index = std::nullopt) {
    v1::StreamStepsRequest request;
    *request.mutable_step()->mutable_inputs() = ValuesOf(inputs);
    if (step_index.has_value()) request.mutable_step()->set_step_index(*step_index);
    Send(request);
  }
  void Close() {
    if (stream_ != nullptr) stream_->Close();
  }
  void Drop() { stream_.reset(); }

  // Of the messages in the order in which they were answered; "" for success.
  std::vector<std::string> Reasons() const {
    std::vector<std::string> reasons;
    for (const absl::Status& status : outcomes_) reasons.push_back(GetErrorReason(status));
    return reasons;
  }
  const absl::Status& outcome(size_t index) const { return outcomes_[index]; }
  size_t answer_count() const { return outcomes_.size(); }
  const v1::StreamStepsOpened& opened() const { return exchanges_[0]->response.opened(); }
  const v1::StepResponse& step(size_t index) const { return exchanges_[index]->response.step(); }
  const std::vector<absl::Status>& ends() const { return ends_; }

 private:
  struct Exchange {
    v1::StreamStepsRequest request;
    v1::StreamStepsResponse response;
  };

  Exchange& NewExchange(const v1::StreamStepsRequest& request) {
    exchanges_.push_back(std::make_unique<Exchange>());
    exchanges_.back()->request = request;
    return *exchanges_.back();
  }
  Done Note() {
    return [this](absl::Status status) { outcomes_.push_back(std::move(status)); };
  }

  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::vector<absl::Status> outcomes_;
  std::vector<absl::Status> ends_;
  absl::StatusOr<std::shared_ptr<StepStream>> created_;
  std::shared_ptr<StepStream> stream_;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_STREAM_CLIENT_H_
