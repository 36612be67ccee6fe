// A StepStreamFlow in a test, with whoever carries out its actions: what it does is a line of
// words.
//
// Thread safety: externally synchronised.
#ifndef CELLAR_TESTS_TESTING_STEP_STREAM_SCENE_H_
#define CELLAR_TESTS_TESTING_STEP_STREAM_SCENE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "server/rpc/step_stream_flow.h"

namespace cellar {

// Carries actions out one at a time, as far as they are answered at once.
class StepStreamScene {
 public:
  explicit StepStreamScene(StepStreamFlow::Limits limits = {}) : flow(limits) {}

  using Do = StepStreamFlow::Do;

  // Asks for the next action and notes what is outstanding.
  Do Next() {
    StepStreamFlow::Action action = flow.Next();
    while (action.what == Do::kCharge || action.what == Do::kGiveBack) {
      if (action.what == Do::kCharge) charged = action.bytes;
      if (action.what == Do::kGiveBack) given_back.push_back(std::move(action.answer));
      action = flow.Next();
    }
    if (action.what == Do::kOpen || action.what == Do::kStep) asked.push_back(action.exchange);
    if (action.what == Do::kWrite || action.what == Do::kWriteAndRead) {
      written.push_back(action.answer->response.step().next_step());
    }
    if (action.what == Do::kFinish) end = action.status;
    return action.what;
  }

  // Has a message read and answered at once, and its answer written along with the next read.
  void ReadAndAnswerAtOnce() {
    Read();
    EXPECT_EQ(Next(), Do::kStep);
    Answer();
    EXPECT_EQ(Run(), "write-and-read ");
  }

  // All actions until there is none, in order.
  std::string Run() {
    static const char* const kNames[] = {
        "", "", "read ", "open ", "step ", "write ", "write-and-read ", "", "finish "};
    std::string done;
    for (Do what = Next(); what != Do::kNothing; what = Next()) {
      done += kNames[static_cast<int>(what)];
    }
    return done;
  }

  void Read(size_t bytes = 1) {
    auto read = std::make_unique<StepExchange>();
    read->request.mutable_step()->mutable_inputs()->set_raw(std::string(bytes, 'x'));
    const auto size = static_cast<int64_t>(read->request.ByteSizeLong());
    flow.Arrived(std::move(read), size);
  }

  // Answers the oldest message that was asked for.
  void Answer(absl::Status status = absl::OkStatus(), size_t bytes = 1) {
    StepExchange* const exchange = asked.front();
    asked.pop_front();
    exchange->response.mutable_step()->set_next_step(++answers);
    exchange->response.mutable_step()->set_state_digest(std::string(bytes, 'x'));
    flow.AnswerDone(exchange, std::move(status));
  }

  // Gets the stream opened, its answer written, and the next read begun.
  void Open() {
    EXPECT_EQ(Run(), "read ");
    Read();
    EXPECT_EQ(Run(), "open ");
    Answer();
    EXPECT_EQ(Run(), "write read ");
    flow.WriteDone();
    EXPECT_EQ(Run(), "");
  }

  StepStreamFlow flow;
  std::deque<StepExchange*> asked;
  std::deque<int64_t> written;
  std::deque<std::unique_ptr<StepExchange>> given_back;
  int64_t answers = 0;
  std::optional<absl::Status> end;
  int64_t charged = 0;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_STEP_STREAM_SCENE_H_
