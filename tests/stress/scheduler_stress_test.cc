// Many threads schedule on many keys at once; for ThreadSanitizer, and for turns given twice, tasks
// lost and drains that hang.
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/engine/joint_steps.h"
#include "server/engine/scheduler.h"
#include "server/engine/session_steps.h"
#include "server/model/model_registry.h"
#include "server/session/session_table.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

constexpr int kThreadCount = 6;
constexpr int kKeyCount = 13;
constexpr int kTasksPerThread = 4000;

// What the tasks of one key change without any lock of their own: turns must protect it.
struct Account {
  int64_t done_count = 0;
  std::vector<int> last_of_thread = std::vector<int>(kThreadCount, -1);
};

struct Scene {
  std::vector<Account> accounts = std::vector<Account>(kKeyCount);
  std::atomic<int64_t> accepted_count{0};
  std::atomic<int64_t> refused_count{0};
  std::atomic<int64_t> out_of_order_count{0};
  std::atomic<int64_t> alone_count{0};
};

void ScheduleMany(Scheduler& scheduler, Scene& scene, int thread) {
  std::mt19937 random(thread);
  for (int i = 0; i < kTasksPerThread; ++i) {
    const int key = static_cast<int>(random() % kKeyCount);
    Task task;
    task.cost = random() % 2 == 0 ? 1 : 1000;
    task.run = [&, thread, key, i](absl::Status) {
      Account& account = scene.accounts[key];
      ++account.done_count;
      if (account.last_of_thread[thread] >= i) scene.out_of_order_count.fetch_add(1);
      account.last_of_thread[thread] = i;
      if (i % 16 != 0) return;
      Task alone;
      alone.run = [&scene](absl::Status) { scene.alone_count.fetch_add(1); };
      if (!scheduler.ScheduleAlone(std::move(alone)).ok()) scene.alone_count.fetch_add(1);
    };
    const bool taken = scheduler.Schedule(absl::StrCat("sessions/", key), std::move(task)).ok();
    (taken ? scene.accepted_count : scene.refused_count).fetch_add(1);
    if (i % 1000 == 0) scheduler.Drain();
  }
}

TEST(SchedulerStress, GivesEachKeyOneTurnAtATimeInOrderAndLosesNothing) {
  FakeClock clock;
  Scene scene;
  Scheduler::Options options;
  options.worker_count = 3;
  options.inline_cost = 10;
  options.max_queued_steps_per_session = 50;
  {
    Scheduler scheduler(options, clock);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreadCount; ++thread) {
      threads.emplace_back([&, thread] { ScheduleMany(scheduler, scene, thread); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  int64_t done_count = 0;
  for (const Account& account : scene.accounts) done_count += account.done_count;
  EXPECT_EQ(done_count, scene.accepted_count.load());
  EXPECT_EQ(scene.accepted_count + scene.refused_count, kThreadCount * kTasksPerThread);
  EXPECT_EQ(scene.out_of_order_count.load(), 0);
  EXPECT_GT(scene.alone_count.load(), 0);
}

// The last owner of what a session holds may be a task; then it is destroyed on whichever thread.
TEST(SchedulerStress, LetsTasksOwnWhatOthersWaitFor) {
  FakeClock clock;
  Scheduler::Options options;
  options.inline_cost = 0;
  std::atomic<int64_t> live_count{0};
  for (int round = 0; round < 200; ++round) {
    Scheduler scheduler(options, clock);
    for (int i = 0; i < 20; ++i) {
      live_count.fetch_add(1);
      std::shared_ptr<int> owned(new int(i), [&live_count](int* number) {
        delete number;
        live_count.fetch_sub(1);
      });
      Task task;
      task.cost = i % 2;
      task.run = [owned = std::move(owned)](absl::Status) {};
      ASSERT_TRUE(scheduler.Schedule(absl::StrCat("sessions/", i % 3), std::move(task)).ok());
    }
    scheduler.Drain();
    ASSERT_EQ(live_count.load(), 0);
  }
}

// Schedules itself again `left` times, with another key each time or none.
void ScheduleChain(Scheduler& scheduler, int left) {
  if (left == 0) return;
  Task task;
  task.run = [&scheduler, left](absl::Status) { ScheduleChain(scheduler, left - 1); };
  const absl::Status status = left % 2 == 0
                                  ? scheduler.ScheduleAlone(std::move(task))
                                  : scheduler.Schedule(absl::StrCat(left), std::move(task));
  EXPECT_TRUE(status.ok()) << status;
}

TEST(SchedulerStress, DoesNotEatTheStackWhenTasksScheduleTasks) {
  FakeClock clock;
  Scheduler scheduler({.worker_count = 1}, clock);
  ScheduleChain(scheduler, 100'000);
  scheduler.Drain();
}

// Schedules the next of a chain when the task that holds it is destroyed.
struct ChainLink {
  Scheduler& scheduler;
  int left;
  ~ChainLink() { Schedule(scheduler, left - 1); }

  static void Schedule(Scheduler& scheduler, int left) {
    if (left == 0) return;
    Task task;
    task.run = [link = std::shared_ptr<ChainLink>(new ChainLink{scheduler, left})](absl::Status) {};
    EXPECT_TRUE(scheduler.ScheduleAlone(std::move(task)).ok());
  }
};

TEST(SchedulerStress, DoesNotEatTheStackWhenTasksScheduleTasksAsTheyAreDestroyed) {
  FakeClock clock;
  Scheduler scheduler({.worker_count = 1}, clock);
  ChainLink::Schedule(scheduler, 100'000);
  scheduler.Drain();
}

using TellStatus = std::function<void(const absl::Status&)>;

// The steps of one request, which the scheduler may make with those of other sessions.
class JointRequest final : public JointSteps {
 public:
  JointRequest(SessionHold hold, int64_t step, SharedNumbers inputs, TellStatus done)
      : hold_(std::move(hold)),
        step_(step),
        inputs_(std::move(inputs)),
        done_(std::move(done)),
        kind_{&*terms().model, terms().numerics} {}

  BatchKind kind() const override { return kind_; }
  absl::Status Wanted() override { return absl::OkStatus(); }

  AnyStepRun* Next(const absl::Status& so_far) override {
    const auto run = so_far.ok() ? GoOn() : absl::StatusOr<AnyStepRun*>(so_far);
    if (run.ok() && *run != nullptr) return *run;
    steps_.reset();
    lease_.reset();
    hold_.reset();
    done_(run.status());
    return nullptr;
  }

 private:
  const SessionTerms& terms() const { return hold_->session()->terms(); }

  absl::StatusOr<AnyStepRun*> GoOn() {
    if (!steps_.has_value()) {
      CELLAR_ASSIGN_OR_RETURN(SessionLease lease, hold_->Lease());
      lease_.emplace(std::move(lease));
      steps_.emplace(*lease_, step_, inputs_, TraceOptions{});
    }
    return steps_->Next();
  }

  std::optional<SessionHold> hold_;
  const int64_t step_;
  const SharedNumbers inputs_;
  const TellStatus done_;
  const BatchKind kind_;
  std::optional<SessionLease> lease_;
  std::optional<SessionSteps> steps_;
};

enum class Company { kAlone, kJoint };

// Sessions on one model, stepped through the scheduler: each by a driver that sends its steps in
// order, while others send the same steps again and again, too early or too late.
class SteppedSessions {
 public:
  static constexpr int kSessionCount = 8;
  static constexpr int64_t kStepCount = 300;
  static constexpr Numerics kNumerics = {.precision = Precision::kFloat64};

  SteppedSessions() {
    registry_.Add(kDefaultTenant, model_).status().IgnoreError();
    for (int k = 0; k < kSessionCount; ++k) {
      const SharedNumbers zero = FreezeState(ZeroStackState(*model_, Precision::kFloat64));
      const ModelPin pin = *registry_.Pin({kDefaultTenant, model_->name()});
      SessionConfig config{{.tenant = std::string(kDefaultTenant),
                            .model = pin.model(),
                            .numerics = kNumerics,
                            .ttl = absl::Hours(1),
                            .labels = {}},
                           Name(k),
                           zero,
                           clock_.Now(),
                           pin};
      EXPECT_TRUE(table_.Create(std::move(config), {zero, 0, ReplayWindow(kStepCount)}).ok());
      inputs_.push_back(RandomNumbers<double>(k, kStepCount * model_->input_size()));
    }
  }

  static std::string Name(int session) { return absl::StrCat("sessions/s", session); }

  // Schedules step `step` of `session`; `done` hears how it went.
  void Step(Company company, int session, int64_t step, int64_t cost, TellStatus done) {
    Task task;
    task.cost = cost;
    auto hold = *table_.Hold({kDefaultTenant, Name(session)});
    const auto begin = inputs_[session].begin() + step * model_->input_size();
    auto row = SharedNumbers::Of<double>(std::vector<double>(begin, begin + model_->input_size()));
    if (company == Company::kJoint) {
      task.steps = std::make_unique<JointRequest>(std::move(hold), step, std::move(row), done);
    } else {
      task.run = [step, row, hold = std::move(hold), done](const absl::Status&) mutable {
        auto lease = hold.Lease();
        if (!lease.ok()) return done(lease.status());
        done(MakeSteps(*lease, step, std::move(row), {}).status());
      };
    }
    if (!scheduler_.Schedule(Name(session), std::move(task)).ok()) ADD_FAILURE() << "refused";
  }

  // What the session must be in the end.
  std::string ExpectedDigest(int session) const {
    AnyStackState state = ZeroStackState(*model_, Precision::kFloat64);
    RunSteps<double>(*model_, kNumerics, inputs_[session], {}, std::get<StackState<double>>(state));
    return StackStateDigest(state);
  }

  std::string Digest(int session) {
    return StackStateDigest((*table_.Find({kDefaultTenant, Name(session)}))->Look().state);
  }

  Scheduler& scheduler() { return scheduler_; }

 private:
  const std::shared_ptr<const Model> model_ = RandomModel(1);  // float32: expanded under way
  FakeClock clock_;
  ModelRegistry registry_{ModelRegistry::Limits{}};
  SessionTable table_{SessionTable::Limits{}, clock_};
  std::vector<std::vector<double>> inputs_;
  Scheduler scheduler_{Scheduler::Options{.worker_count = 2, .inline_cost = 10}, clock_};
};

void StepExactlyOnceWithTheSameBits(Company company) {
  SteppedSessions sessions;
  std::vector<std::thread> threads;
  for (int driver = 0; driver < 2; ++driver) {
    threads.emplace_back([&, driver] {
      for (int64_t step = 0; step < SteppedSessions::kStepCount; ++step) {
        for (int k = driver; k < SteppedSessions::kSessionCount; k += 2) {
          sessions.Step(company, k, step, step % 2 == 0 ? 1 : 1000,
                        [](const absl::Status& status) { EXPECT_TRUE(status.ok()) << status; });
        }
      }
    });
  }
  for (int repeater = 0; repeater < 3; ++repeater) {
    threads.emplace_back([&, repeater] {
      std::mt19937 random(repeater);
      for (int i = 0; i < 1000; ++i) {
        const int k = static_cast<int>(random() % SteppedSessions::kSessionCount);
        const int64_t step = random() % SteppedSessions::kStepCount;
        sessions.Step(company, k, step, i % 3 == 0 ? 1 : 1000, [](const absl::Status& status) {
          EXPECT_TRUE(status.ok() || GetErrorReason(status) == "STEP_GAP") << status;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  sessions.scheduler().Drain();
  for (int k = 0; k < SteppedSessions::kSessionCount; ++k) {
    EXPECT_EQ(sessions.Digest(k), sessions.ExpectedDigest(k)) << "session " << k;
  }
  const double rows = sessions.scheduler().batch_rows().Look().sum;
  EXPECT_EQ(rows > 0, company == Company::kJoint);
}

TEST(SchedulerStress, StepsSessionsExactlyOnceWithTheSameBits) {
  StepExactlyOnceWithTheSameBits(Company::kAlone);
}

TEST(SchedulerStress, StepsSessionsTogetherExactlyOnceWithTheSameBits) {
  StepExactlyOnceWithTheSameBits(Company::kJoint);
}

}  // namespace
}  // namespace cellar
