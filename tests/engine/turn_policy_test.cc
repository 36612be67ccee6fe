#include "server/engine/turn_policy.h"

#include <limits>

#include "gtest/gtest.h"

namespace cellar {
namespace {

constexpr int64_t kMostWork = std::numeric_limits<int64_t>::max();

Scheduler::Options Limits() {
  Scheduler::Options options;
  options.inline_cost = 100;
  options.max_queued_steps = 20;
  options.max_queued_steps_per_session = 10;
  return options;
}

TurnSituation AllFree() { return {.free_workers = 1}; }

TurnSituation WorkersBusy() { return {.free_workers = 0}; }

TurnSituation SessionBusy() { return {.session_idle = false, .free_workers = 1}; }

TEST(TurnPolicy, RunsACheapTaskOfAnIdleSessionInline) {
  EXPECT_EQ(DecideTurn({.cost = 0}, AllFree(), Limits()), Turn::kInline);
  EXPECT_EQ(DecideTurn({.cost = 100}, AllFree(), Limits()), Turn::kInline);
}

TEST(TurnPolicy, RunsACheapTaskInlineAlsoWhenWorkersAreBusyAndQueuesFull) {
  TurnSituation situation = WorkersBusy();
  situation.server_steps = 20;
  EXPECT_EQ(DecideTurn({.cost = 100}, situation, Limits()), Turn::kInline);
}

TEST(TurnPolicy, RunsADearTaskInlineOnlyOfASessionThatIsAlone) {
  Scheduler::Options limits = Limits();
  limits.lone_cost = 1000;
  TurnSituation alone = AllFree();
  alone.alone = true;
  EXPECT_EQ(DecideTurn({.cost = 1000}, alone, limits), Turn::kInline);
  EXPECT_EQ(DecideTurn({.cost = 1001}, alone, limits), Turn::kStart);
  EXPECT_EQ(DecideTurn({.cost = 1000}, AllFree(), limits), Turn::kStart);
  EXPECT_EQ(DecideTurn({.cost = Task::kDear}, alone, limits), Turn::kStart);
  limits.lone_cost = 0;
  EXPECT_EQ(DecideTurn({.cost = 100}, alone, limits), Turn::kInline) << "as without company";
  EXPECT_EQ(DecideTurn({.cost = 101}, alone, limits), Turn::kStart);
  alone.inside_task = true;
  EXPECT_EQ(DecideTurn({.cost = 0}, alone, limits), Turn::kStart);
}

TEST(TurnPolicy, GivesADearTaskToAFreeWorker) {
  EXPECT_EQ(DecideTurn({.cost = 101}, AllFree(), Limits()), Turn::kStart);
}

TEST(TurnPolicy, LetsADearTaskWaitWhenWorkersAreBusy) {
  EXPECT_EQ(DecideTurn({.cost = 101}, WorkersBusy(), Limits()), Turn::kWait);
}

TEST(TurnPolicy, LetsEvenACheapTaskWaitForItsSession) {
  EXPECT_EQ(DecideTurn({.cost = 0}, SessionBusy(), Limits()), Turn::kWait);
}

TEST(TurnPolicy, RunsNothingInlineInsideATask) {
  TurnSituation situation = AllFree();
  situation.inside_task = true;
  EXPECT_EQ(DecideTurn({.cost = 0}, situation, Limits()), Turn::kStart);
  situation.free_workers = 0;
  EXPECT_EQ(DecideTurn({.cost = 0}, situation, Limits()), Turn::kWait);
}

TEST(TurnPolicy, RefusesWhatExceedsTheLimitOfTheSession) {
  TurnSituation situation = SessionBusy();
  situation.session_steps = 7;
  EXPECT_EQ(DecideTurn({.step_count = 3}, situation, Limits()), Turn::kWait);
  EXPECT_EQ(DecideTurn({.step_count = 4}, situation, Limits()), Turn::kRefusedBySession);
}

TEST(TurnPolicy, RefusesWhatExceedsTheLimitOfTheServer) {
  TurnSituation situation = SessionBusy();
  situation.server_steps = 15;
  EXPECT_EQ(DecideTurn({.step_count = 5}, situation, Limits()), Turn::kWait);
  EXPECT_EQ(DecideTurn({.step_count = 6}, situation, Limits()), Turn::kRefusedByServer);
}

TEST(TurnPolicy, RefusesWhatExceedsTheLimitOfTheTenant) {
  TurnSituation situation = SessionBusy();
  situation.tenant_steps = 1'000'000;
  EXPECT_EQ(DecideTurn({.step_count = 1}, situation, Limits()), Turn::kWait);  // there is none
  Scheduler::Options options = Limits();
  options.max_queued_steps_per_tenant = 15;
  situation.tenant_steps = 12;
  EXPECT_EQ(DecideTurn({.step_count = 3}, situation, options), Turn::kWait);
  EXPECT_EQ(DecideTurn({.step_count = 4}, situation, options), Turn::kRefusedByTenant);
}

TEST(TurnPolicy, LetsWaitHoweverMuchItIsWhatNothingWaitsBeside) {
  Scheduler::Options options = Limits();
  options.max_queued_steps_per_tenant = 5;
  EXPECT_EQ(DecideTurn({.step_count = kMostWork}, SessionBusy(), options), Turn::kWait);
  TurnSituation situation = SessionBusy();
  situation.server_steps = 1;
  EXPECT_EQ(DecideTurn({.step_count = 20}, situation, options), Turn::kRefusedByServer);
  situation.tenant_steps = 1;
  EXPECT_EQ(DecideTurn({.step_count = 5}, situation, options), Turn::kRefusedByTenant);
  situation.session_steps = 1;
  EXPECT_EQ(DecideTurn({.step_count = 10}, situation, options), Turn::kRefusedBySession);
}

TEST(TurnPolicy, NamesTheSessionFirstWhenBothLimitsAreExceeded) {
  TurnSituation situation = SessionBusy();
  situation.session_steps = 10;
  situation.server_steps = 20;
  EXPECT_EQ(DecideTurn({.step_count = 1}, situation, Limits()), Turn::kRefusedBySession);
}

TEST(TurnPolicy, TakesWhatCanStartHoweverMuchItIsAndWhateverWaits) {
  TurnSituation situation = AllFree();
  situation.server_steps = kMostWork;
  EXPECT_EQ(DecideTurn({.cost = 1, .step_count = kMostWork}, situation, Limits()), Turn::kInline);
  EXPECT_EQ(DecideTurn({.cost = kMostWork, .step_count = kMostWork}, situation, Limits()),
            Turn::kStart);
}

TEST(TurnPolicy, DoesNotOverflow) {
  TurnSituation situation = SessionBusy();
  situation.session_steps = 10;
  EXPECT_EQ(DecideTurn({.step_count = kMostWork}, situation, Limits()), Turn::kRefusedBySession);
  situation = WorkersBusy();
  situation.server_steps = 20;
  Scheduler::Options options = Limits();
  options.max_queued_steps_per_session = kMostWork;
  EXPECT_EQ(DecideTurn({.cost = kMostWork, .step_count = kMostWork}, situation, options),
            Turn::kRefusedByServer);
}

}  // namespace
}  // namespace cellar
