#include "server/engine/session_steps.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/step_session.h"
#include "tests/testing/trace_bits.h"

namespace cellar {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

using Floats = std::vector<float>;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr Numerics kHomework = {.rounding = Rounding::kNearestTiesToZero,
                                .rounding_scope = RoundingScope::kFeedback};

StepSession HomeworkSession(int64_t replay_window = 8) {
  return StepSession(HomeworkModel(), kHomework, replay_window);
}

Floats OutputsOf(const absl::StatusOr<StepOutcome>& outcome) {
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  if (!outcome.ok()) return {};
  return std::get<StackTrace<float>>(outcome->trace).outputs;
}

// Expects a failure of this reason that tells `next_step`, and an untouched session.
void ExpectRefused(StepSession& session, int64_t step_index, const Floats& inputs,
                   const std::string& reason) {
  const std::string digest = session.digest();
  const int64_t next_step = session.next_step();
  const auto outcome = session.Step(step_index, inputs);
  ASSERT_EQ(GetErrorReason(outcome.status()), reason) << outcome.status();
  EXPECT_THAT(GetErrorDetail(outcome.status())->metadata,
              Contains(Pair("next_step", absl::StrCat(next_step))));
  EXPECT_EQ(session.digest(), digest);
  EXPECT_EQ(session.next_step(), next_step);
}

TEST(MakeSteps, AppliesStepsAtNextStepWithAndWithoutIndex) {
  StepSession session = HomeworkSession();
  const auto first = session.Step(std::nullopt, Floats{0, 0, 1});
  EXPECT_THAT(OutputsOf(first), ElementsAre(0, 0, 1));
  EXPECT_EQ(first->first_step, 0);
  EXPECT_EQ(first->step_count, 3);
  EXPECT_EQ(first->next_step, 3);
  EXPECT_EQ(StackStateDigest(first->state_after), session.digest());

  const auto second = session.Step(3, Floats{1, 1, 0});
  EXPECT_THAT(OutputsOf(second), ElementsAre(-1, 1, 0));
  EXPECT_EQ(second->first_step, 3);
  EXPECT_EQ(session.next_step(), 6);
}

TEST(MakeSteps, AnswersARepeatedRequestAgainAndChangesNothing) {
  StepSession session = HomeworkSession();
  const auto first = session.Step(0, Floats{0, 0, 1});
  ASSERT_TRUE(session.Step(3, Floats{1, 1, 0}).ok());
  const std::string digest = session.digest();
  const auto again = session.Step(0, Floats{0, 0, 1});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(TraceDifference(again->trace, first->trace), "");
  EXPECT_EQ(again->first_step, 0);
  EXPECT_EQ(again->step_count, 3);
  EXPECT_EQ(again->next_step, 6);  // the session's
  EXPECT_EQ(StackStateDigest(again->state_after), StackStateDigest(first->state_after));
  EXPECT_EQ(session.digest(), digest);
  EXPECT_EQ(session.next_step(), 6);
}

TEST(MakeSteps, AnswersStepsAgainHoweverTheyAreCut) {
  const Floats inputs = {0, 0, 1, 1, 1, 0};
  const Floats outputs = {0, 0, 1, -1, 1, 0};
  StepSession session = HomeworkSession();
  ASSERT_TRUE(session.Step(0, Floats{0, 0, 1}).ok());
  ASSERT_TRUE(session.Step(3, Floats{1}).ok());
  ASSERT_TRUE(session.Step(4, Floats{1, 0}).ok());
  for (size_t begin = 0; begin < 6; ++begin) {
    for (size_t end = begin + 1; end <= 6; ++end) {
      const auto again = session.Step(begin, Floats(inputs.begin() + begin, inputs.begin() + end));
      EXPECT_EQ(OutputsOf(again), Floats(outputs.begin() + begin, outputs.begin() + end))
          << begin << " to " << end;
    }
  }
}

TEST(MakeSteps, RefusesOtherInputsForStepsAlreadyMade) {
  StepSession session = HomeworkSession();
  ASSERT_TRUE(session.Step(0, Floats{0, 0, 1}).ok());
  ASSERT_TRUE(session.Step(3, Floats{1, 1, 0}).ok());
  ExpectRefused(session, 0, {1, 0, 1}, "STEP_CONFLICT");
  ExpectRefused(session, 2, {1, 1, 1, 1}, "STEP_CONFLICT");  // only the last one differs
  const auto outcome = session.Step(2, Floats{1, 1, 1, 1});
  EXPECT_THAT(GetErrorDetail(outcome.status())->metadata, Contains(Pair("step_index", "5")));
}

TEST(MakeSteps, ComparesInputsBitByBit) {
  StepSession session = HomeworkSession();
  const float nan = std::nanf("");
  ASSERT_TRUE(session.Step(0, Floats{0, nan}).ok());
  EXPECT_TRUE(session.Step(0, Floats{0, nan}).ok());
  ExpectRefused(session, 0, {-0.0f, nan}, "STEP_CONFLICT");
  ExpectRefused(session, 1, {std::copysign(nan, -1.0f)}, "STEP_CONFLICT");
}

TEST(MakeSteps, RefusesARequestThatReachesOverNextStep) {
  StepSession session = HomeworkSession();
  ASSERT_TRUE(session.Step(0, Floats{0, 0, 1}).ok());
  ExpectRefused(session, 2, {1, 1}, "STEP_CONFLICT");
}

TEST(MakeSteps, RefusesAGap) {
  StepSession session = HomeworkSession();
  ExpectRefused(session, 1, {0}, "STEP_GAP");
  ExpectRefused(session, kMost, {0}, "STEP_GAP");
}

TEST(MakeSteps, RefusesStepsBeforeTheWindow) {
  StepSession session = HomeworkSession(2);
  ASSERT_TRUE(session.Step(0, Floats{0, 0}).ok());
  ASSERT_TRUE(session.Step(2, Floats{1, 1}).ok());
  ASSERT_TRUE(session.Step(4, Floats{1, 0}).ok());
  ExpectRefused(session, 1, {0}, "STEP_TOO_OLD");
  const auto outcome = session.Step(1, Floats{0});
  EXPECT_THAT(GetErrorDetail(outcome.status())->metadata, Contains(Pair("oldest_step", "2")));
  EXPECT_TRUE(session.Step(2, Floats{1}).ok());
  ExpectRefused(session, -1, {0}, "STEP_TOO_OLD");
  ExpectRefused(session, std::numeric_limits<int64_t>::min(), {0}, "STEP_TOO_OLD");
}

TEST(MakeSteps, WorksWithoutAWindowButAnswersNothingAgain) {
  StepSession session = HomeworkSession(0);
  EXPECT_THAT(OutputsOf(session.Step(0, Floats{0, 0, 1})), ElementsAre(0, 0, 1));
  EXPECT_THAT(OutputsOf(session.Step(3, Floats{1, 1, 0})), ElementsAre(-1, 1, 0));
  ExpectRefused(session, 5, {0}, "STEP_TOO_OLD");
}

TEST(MakeSteps, StopsAtTheLargestIndex) {
  StepSession session = HomeworkSession();
  const auto zero = session.Look().state;
  ASSERT_TRUE(session.Commit({zero, kMost - 2, ReplayWindow(8)}).ok());
  const auto refused = session.Step(std::nullopt, Floats{0, 0, 1});
  EXPECT_EQ(GetErrorReason(refused.status()), "STEP_COUNT_LIMIT") << refused.status();
  EXPECT_EQ(session.next_step(), kMost - 2);
  EXPECT_TRUE(session.Step(std::nullopt, Floats{0, 1}).ok());
  EXPECT_EQ(session.next_step(), kMost);
  EXPECT_TRUE(session.Step(kMost - 1, Floats{1}).ok());  // again
  ExpectRefused(session, kMost - 1, {1, 1}, "STEP_CONFLICT");
  EXPECT_FALSE(session.Step(kMost, Floats{0}).ok());
  EXPECT_EQ(session.next_step(), kMost);
}

TEST(MakeSteps, SaysWhyTheSessionEndedAndLeavesIt) {
  StepSession session = HomeworkSession();
  ASSERT_TRUE(session.Step(0, Floats{1}).ok());
  const std::string digest = session.digest();
  SessionHold hold = *session.table().Hold({kDefaultTenant, "sessions/a"});
  SessionLease lease = *hold.Lease();
  ASSERT_TRUE(session.table().Delete({kDefaultTenant, "sessions/a"}).ok());
  const auto outcome = MakeSteps(lease, 1, SharedNumbers::Of<float>({1}), kWholeTrace);
  EXPECT_EQ(GetErrorReason(outcome.status()), "SESSION_DELETED");
  EXPECT_EQ(session.digest(), digest);
  EXPECT_EQ(session.next_step(), 1);
}

TEST(ProgressAt, GoesBackToAnyStepOfTheWindow) {
  const Floats inputs = {0, 0, 1, 1, 1, 0};
  for (int64_t step = 0; step <= 6; ++step) {
    StepSession session = HomeworkSession();
    ASSERT_TRUE(session.Step(0, Floats{0, 0, 1}).ok());
    ASSERT_TRUE(session.Step(3, Floats{1, 1, 0}).ok());
    const std::string digest = session.digest();
    ASSERT_TRUE(session.Rewind(step).ok());
    EXPECT_EQ(session.next_step(), step);
    if (step == 6) continue;
    ASSERT_TRUE(session.Step(step, Floats(inputs.begin() + step, inputs.end())).ok());
    EXPECT_EQ(session.digest(), digest) << "from step " << step;
  }
}

TEST(ProgressAt, ForgetsTheStepsFromThereOn) {
  StepSession session = HomeworkSession();
  ASSERT_TRUE(session.Step(0, Floats{0, 0, 1}).ok());
  ASSERT_TRUE(session.Rewind(2).ok());
  ExpectRefused(session, 3, {1}, "STEP_GAP");
  EXPECT_TRUE(session.Step(2, Floats{0}).ok());  // other inputs than before
  EXPECT_TRUE(session.Step(0, Floats{0, 0, 0}).ok());
}

TEST(ProgressAt, RefusesStepsNotMadeAndThoseBeforeTheWindow) {
  StepSession session = HomeworkSession(1);
  ASSERT_TRUE(session.Step(0, Floats{0, 0}).ok());
  ASSERT_TRUE(session.Step(2, Floats{1, 1}).ok());
  EXPECT_EQ(GetErrorReason(session.Rewind(5)), "STEP_GAP");
  EXPECT_EQ(GetErrorReason(session.Rewind(1)), "STEP_TOO_OLD");
  EXPECT_EQ(GetErrorReason(session.Fork(1).status()), "STEP_TOO_OLD");
  EXPECT_EQ(session.next_step(), 4);
}

TEST(ProgressAt, GoesToNextStepAlsoWithoutAWindow) {
  StepSession session = HomeworkSession(0);
  ASSERT_TRUE(session.Step(0, Floats{1, 1}).ok());
  const auto fork = session.Fork(2);
  ASSERT_TRUE(fork.ok());
  EXPECT_EQ((*fork)->digest(), session.digest());
  EXPECT_TRUE(session.Rewind(2).ok());
}

// What a session must be: all its inputs since the beginning, and where its requests were cut.
class PlainSession {
 public:
  PlainSession(std::shared_ptr<const Model> model, const Numerics& numerics, int64_t window)
      : model_(std::move(model)), numerics_(numerics), window_(window) {}

  int64_t next_step() const { return static_cast<int64_t>(inputs_.size()) / model_->input_size(); }
  int64_t oldest_step() const { return cuts_.empty() ? next_step() : cuts_.front(); }

  Floats Inputs(int64_t begin, int64_t end) const {
    const int64_t size = model_->input_size();
    return Floats(inputs_.begin() + begin * size, inputs_.begin() + end * size);
  }

  void Append(const Floats& inputs) {
    cuts_.push_back(next_step());
    if (static_cast<int64_t>(cuts_.size()) > window_) cuts_.pop_front();
    inputs_.insert(inputs_.end(), inputs.begin(), inputs.end());
  }

  void Rewind(int64_t step) {
    while (!cuts_.empty() && cuts_.back() >= step) cuts_.pop_back();
    inputs_.resize(step * model_->input_size());
  }

  // The trace of the steps [begin, end) and the digest after them, from scratch.
  std::pair<StackTrace<float>, std::string> Recompute(int64_t begin, int64_t end) const {
    AnyStackState state = ZeroStackState(*model_, Precision::kFloat32);
    StackTrace<float> trace;
    if (end > 0) {
      trace = RunSteps<float>(*model_, numerics_, Inputs(0, end), kWholeTrace,
                              std::get<StackState<float>>(state));
    }
    if (begin < end) trace = TraceRows(trace, begin, end);
    return {std::move(trace), StackStateDigest(state)};
  }

  // The reason for which a request must fail; empty if it must not.
  std::string ReasonFor(int64_t first_step, const Floats& inputs) const {
    const int64_t end = first_step + static_cast<int64_t>(inputs.size()) / model_->input_size();
    if (first_step > next_step()) return "STEP_GAP";
    if (first_step == next_step()) return "";
    if (first_step < oldest_step()) return "STEP_TOO_OLD";
    if (end > next_step()) return "STEP_CONFLICT";
    return SameBits(inputs, Inputs(first_step, end)) ? "" : "STEP_CONFLICT";
  }

 private:
  std::shared_ptr<const Model> model_;
  Numerics numerics_;
  int64_t window_;
  Floats inputs_;
  std::deque<int64_t> cuts_;  // first steps of the requests in the window
};

// One random life of a session beside its plain counterpart.
class RandomLife {
 public:
  explicit RandomLife(uint64_t seed)
      : seed_(seed),
        model_(RandomModel(seed, {.kind = {}, .max_size = 3})),
        numerics_(seed % 2 == 0 ? Numerics{} : kHomework),
        window_(static_cast<int64_t>(seed % 5)),
        session_(std::make_unique<StepSession>(model_, numerics_, window_)),
        plain_(model_, numerics_, window_) {}

  void Live(int event_count) {
    for (int event = 0; event < event_count && !testing::Test::HasFailure(); ++event) {
      switch (Below(6)) {
        case 0:
          Rewind(Below(plain_.next_step() + 3) - 1);
          break;
        case 1:
          Fork(Below(plain_.next_step() + 3) - 1);
          break;
        case 2:
          Step(Below(plain_.next_step() + 3) - 1, NewInputs());
          break;
        case 3:
          Retry();
          break;
        default:
          Step(plain_.next_step(), NewInputs());
      }
      ExpectSame();
    }
  }

 private:
  int64_t Below(int64_t limit) { return static_cast<int64_t>(random_() % limit); }

  Floats NewInputs() {
    return RandomNumbers<float>(random_(), (1 + Below(4)) * model_->input_size());
  }

  // Any steps already made, mostly in the window, sometimes with one bit changed.
  void Retry() {
    if (plain_.next_step() == 0) return;
    const int64_t lowest =
        Below(5) == 0 ? 0 : std::min(plain_.oldest_step(), plain_.next_step() - 1);
    const int64_t begin = lowest + Below(plain_.next_step() - lowest);
    const int64_t end = begin + 1 + Below(plain_.next_step() - begin);
    Floats inputs = plain_.Inputs(begin, end);
    if (Below(4) == 0) {
      float& number = inputs[Below(static_cast<int64_t>(inputs.size()))];
      number = std::nextafter(number, 9.0f);
    }
    Step(begin, std::move(inputs));
  }

  void Step(int64_t first_step, Floats inputs) {
    const std::string reason = plain_.ReasonFor(first_step, inputs);
    const bool is_new = first_step == plain_.next_step();
    const bool without_index = is_new && Below(2) == 0;
    const auto outcome =
        session_->Step(without_index ? std::nullopt : std::optional<int64_t>(first_step), inputs);
    ASSERT_EQ(GetErrorReason(outcome.status()), reason) << outcome.status();
    if (!reason.empty()) return;
    if (is_new) plain_.Append(inputs);
    const auto [trace, digest] = plain_.Recompute(first_step, first_step + outcome->step_count);
    EXPECT_EQ(TraceDifference(outcome->trace, AnyStackTrace(trace)), "");
    EXPECT_EQ(StackStateDigest(outcome->state_after), digest);
    EXPECT_EQ(outcome->next_step, plain_.next_step());
  }

  std::string ReasonForGoingTo(int64_t step) const {
    if (step > plain_.next_step()) return "STEP_GAP";
    return step < plain_.oldest_step() ? "STEP_TOO_OLD" : "";
  }

  void Rewind(int64_t step) {
    const std::string reason = ReasonForGoingTo(step);
    ASSERT_EQ(GetErrorReason(session_->Rewind(step)), reason);
    if (reason.empty()) plain_.Rewind(step);
  }

  // Goes on with the fork, after a step that must not show in it.
  void Fork(int64_t step) {
    auto fork = session_->Fork(step);
    ASSERT_EQ(GetErrorReason(fork.status()), ReasonForGoingTo(step));
    if (!fork.ok()) return;
    ASSERT_TRUE(session_->Step(std::nullopt, NewInputs()).ok());
    session_ = *std::move(fork);
    plain_.Rewind(step);
  }

  void ExpectSame() {
    EXPECT_EQ(session_->next_step(), plain_.next_step());
    EXPECT_EQ(session_->Look().oldest_step, plain_.oldest_step());
    EXPECT_EQ(session_->digest(), plain_.Recompute(0, plain_.next_step()).second);
  }

  const uint64_t seed_;
  std::mt19937_64 random_{seed_};
  const std::shared_ptr<const Model> model_;
  const Numerics numerics_;
  const int64_t window_;
  std::unique_ptr<StepSession> session_;
  PlainSession plain_;
};

TEST(SessionSteps, BehaveLikeAListOfAllInputsInThousandsOfRandomLives) {
  for (uint64_t seed = 0; seed < 2000 && !HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomLife(seed).Live(20);
  }
}

}  // namespace
}  // namespace cellar
