// Streams under everything that can happen to them at once: answers from several threads, the
// session's end, a client that cancels or closes, the drain. Whatever the interleaving, answers
// come in order without a gap, every call ends, and nothing is touched after its end (the
// sanitizers look for that).
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/in_process_server.h"
#include "tests/testing/puppet_stream_server.h"

namespace cellar {
namespace {

enum class Fate { kClose, kCancel, kEnd, kFailure, kDrain };

struct Plan {
  Fate fate;
  int message_count;
  int answer_count;  // before the fate strikes
};

Plan MakePlan(std::mt19937& random) {
  Plan plan;
  plan.fate = static_cast<Fate>(random() % 5);
  plan.message_count = static_cast<int>(random() % 30);
  plan.answer_count = static_cast<int>(random() % 30);
  return plan;
}

// Answers what is there until the call has ended; `plan` strikes in between.
void Answer(PuppetStreamServer& server, PuppetStepStream& puppet, const Plan& plan,
            grpc::ClientContext& context) {
  int answered = 0;
  bool struck = false;
  while (server.admission().inside() > 0) {
    if (puppet.unanswered() > 0) {
      const bool fail = plan.fate == Fate::kFailure && answered > plan.answer_count;
      puppet.Answer(fail ? absl::AbortedError("fate") : absl::OkStatus());
      ++answered;
    } else {
      std::this_thread::yield();
    }
    if (struck || answered < plan.answer_count) continue;
    if (plan.fate == Fate::kEnd && answered == 0) continue;  // only what is open has a session
    struck = true;
    if (plan.fate == Fate::kCancel) context.TryCancel();
    if (plan.fate == Fate::kEnd) puppet.End(absl::AbortedError("fate"));
    if (plan.fate == Fate::kDrain) server.admission().StartDraining();
  }
}

void RunOne(const Plan& plan) {
  PuppetStreamServer server;
  grpc::ClientContext context;
  const auto stream = server.stub().StreamSteps(&context);
  std::thread writer([&] {
    bool written = stream->Write(OpenMessage("sessions/a"));
    server.AwaitStream();  // nothing strikes before
    for (int i = 1; written && i <= plan.message_count; ++i) {
      v1::StreamStepsRequest message = StepMessage(0);
      message.mutable_step()->set_step_index(i);
      written = stream->Write(message);
    }
    // Without an answer to strike after, the fate is that the client goes.
    if (plan.fate == Fate::kCancel && plan.message_count < plan.answer_count) context.TryCancel();
    if (plan.fate == Fate::kEnd && plan.message_count < plan.answer_count) context.TryCancel();
    if (plan.fate == Fate::kDrain && plan.message_count < plan.answer_count) {
      server.admission().StartDraining();
    }
    stream->WritesDone();
  });
  const std::shared_ptr<PuppetStepStream> puppet = server.AwaitStream();
  std::thread answerer([&] { Answer(server, *puppet, plan, context); });
  v1::StreamStepsResponse answer;
  int64_t read = 0;
  while (stream->Read(&answer)) {
    EXPECT_EQ(answer.step().first_step(), read);  // that of open is 0
    ++read;
  }
  const grpc::Status status = stream->Finish();
  if (plan.fate == Fate::kClose) {
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(read, 1 + plan.message_count);
  }
  writer.join();
  answerer.join();
  EXPECT_TRUE(puppet->closed());
  EXPECT_TRUE(puppet->in_order());
}

TEST(StepStreamReactorRandom, EveryStreamEndsInOrderWhateverHappens) {
  const char* const chosen = std::getenv("CELLAR_SEED");
  const unsigned first = chosen != nullptr ? std::strtoul(chosen, nullptr, 10) : 1;
  const unsigned count = chosen != nullptr ? 1 : 150;
  for (unsigned seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE("CELLAR_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    RunOne(MakePlan(random));
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace cellar
