// Streams of steps without sessions: they note what they are asked and answer when the test says
// so.
//
// Thread safety: all methods may be called from any thread.
#ifndef CELLAR_TESTS_TESTING_PUPPET_STEP_STREAM_H_
#define CELLAR_TESTS_TESTING_PUPPET_STEP_STREAM_H_

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "cellar/v1/session_service.pb.h"
#include "server/api/step_stream.h"

namespace cellar {

class PuppetStepStream final : public StepStream {
 public:
  PuppetStepStream(Call call, std::function<void(absl::Status)> on_end)
      : call_(std::move(call)), on_end_(std::move(on_end)) {}

  void Open(const v1::StreamStepsRequest&, v1::StreamStepsResponse* response, Done done) override {
    response->mutable_opened()->set_session("puppet");
    Note({response, std::move(done)});
  }
  void Step(const v1::StreamStepsRequest& request, v1::StreamStepsResponse* response,
            Done done) override {
    // Time for somebody else to come in between, if that were possible.
    for (int i = 0; i < 10; ++i) std::this_thread::yield();
    response->mutable_step()->set_first_step(request.step().step_index());
    {
      absl::MutexLock lock(&mutex_);
      in_order_ = in_order_ && !closed_ && request.step().step_index() == messages_;
    }
    Note({response, std::move(done)});
  }
  void Close() override {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }

  // Waits until this many messages were handed over since the beginning.
  void AwaitMessages(int64_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return messages_ >= count; };
    mutex_.Await(absl::Condition(&enough));
  }

  // Answers the oldest message. REQUIRES: there is one.
  void Answer(absl::Status status = absl::OkStatus()) {
    Asked asked;
    {
      absl::MutexLock lock(&mutex_);
      asked = std::move(asked_.front());
      asked_.pop_front();
    }
    asked.done(std::move(status));
  }

  // As the session would.
  void End(absl::Status status) { on_end_(std::move(status)); }

  // From now on every message is answered at once, with so many bytes.
  void AnswerByItself(size_t bytes) {
    absl::MutexLock lock(&mutex_);
    by_itself_ = true;
    answer_bytes_ = bytes;
  }

  int64_t messages() {
    absl::MutexLock lock(&mutex_);
    return messages_;
  }
  int64_t unanswered() {
    absl::MutexLock lock(&mutex_);
    return static_cast<int64_t>(asked_.size());
  }
  // Whether steps came one after another and before Close. They are numbered, from 1.
  bool in_order() {
    absl::MutexLock lock(&mutex_);
    return in_order_;
  }
  bool closed() {
    absl::MutexLock lock(&mutex_);
    return closed_;
  }
  bool cancelled() const { return call_.cancelled(); }

 private:
  struct Asked {
    v1::StreamStepsResponse* response = nullptr;
    Done done;
  };

  void Note(Asked asked) {
    {
      absl::MutexLock lock(&mutex_);
      ++messages_;
      if (!by_itself_) {
        asked_.push_back(std::move(asked));
        return;
      }
      asked.response->mutable_step()->set_state_digest(std::string(answer_bytes_, 'x'));
    }
    asked.done(absl::OkStatus());
  }

  const Call call_;
  const std::function<void(absl::Status)> on_end_;

  absl::Mutex mutex_;
  std::deque<Asked> asked_ ABSL_GUARDED_BY(mutex_);
  int64_t messages_ ABSL_GUARDED_BY(mutex_) = 0;
  bool by_itself_ ABSL_GUARDED_BY(mutex_) = false;
  size_t answer_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool in_order_ ABSL_GUARDED_BY(mutex_) = true;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_PUPPET_STEP_STREAM_H_
