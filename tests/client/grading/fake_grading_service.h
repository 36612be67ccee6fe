// A grading service in the test's own process: gives a point to every answer that is "right", and
// fails when the test says so.
//
// Thread safety: thread-safe; faults are given before the calls that they are for.
#ifndef CELLAR_TESTS_CLIENT_GRADING_FAKE_GRADING_SERVICE_H_
#define CELLAR_TESTS_CLIENT_GRADING_FAKE_GRADING_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <deque>
#include <map>
#include <string>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "cellar/v1/grading_service.grpc.pb.h"

namespace cellar {

class FakeGradingService : public v1::GradingService::Service {
 public:
  using Stream = grpc::ServerReaderWriter<v1::GradeStreamResponse, v1::GradeStreamRequest>;

  // The next streams end with these, one after the other, after so many verdicts.
  void FailStreams(std::deque<std::pair<int, grpc::Status>> faults) {
    absl::MutexLock lock(&mu_);
    faults_ = std::move(faults);
  }

  // An answer with this text is refused.
  void Refuse(const std::string& text, const grpc::Status& status) {
    absl::MutexLock lock(&mu_);
    refused_[text] = status;
  }

  int stream_count() {
    absl::MutexLock lock(&mu_);
    return stream_count_;
  }

  grpc::Status Grade(grpc::ServerContext* /*context*/, const v1::GradeRequest* request,
                     v1::GradeResponse* response) override {
    return GradeOne(request->submission(), *response->mutable_verdict());
  }

  grpc::Status GradeStream(grpc::ServerContext* /*context*/, Stream* stream) override {
    std::pair<int, grpc::Status> fault = {-1, grpc::Status::OK};
    {
      absl::MutexLock lock(&mu_);
      ++stream_count_;
      if (!faults_.empty()) {
        fault = faults_.front();
        faults_.pop_front();
      }
    }
    v1::GradeStreamRequest request;
    if (!stream->Read(&request) || !request.has_open()) {
      return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no open");
    }
    for (int count = 0;; ++count) {
      if (count == fault.first) return fault.second;
      if (!stream->Read(&request)) return grpc::Status::OK;
      v1::GradeStreamResponse response;
      const grpc::Status status = GradeOne(request.submission(), *response.mutable_verdict());
      if (!status.ok()) return status;
      stream->Write(response);
    }
  }

 private:
  grpc::Status GradeOne(const v1::Submission& submission, v1::Verdict& verdict) {
    absl::MutexLock lock(&mu_);
    const auto refused = refused_.find(submission.text());
    if (refused != refused_.end()) return refused->second;
    verdict.set_submission_id(submission.id());
    verdict.set_gradable(true);
    verdict.set_points(submission.text() == "right" ? 1 : 0);
    verdict.set_max_points(1);
    return grpc::Status::OK;
  }

  absl::Mutex mu_;
  std::deque<std::pair<int, grpc::Status>> faults_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, grpc::Status> refused_ ABSL_GUARDED_BY(mu_);
  int stream_count_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_CLIENT_GRADING_FAKE_GRADING_SERVICE_H_
