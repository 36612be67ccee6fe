// What batches gain: sessions that step as fast as answers come, through the scheduler, without a
// wire. Each session asks for its next steps from the callback that answers the last ones, like a
// stream whose next message is there already.
//
//   cellar-engine-bench [--benchmark_filter=...]      Google Benchmark's flags
//
// Names are MODE/H/sessions/steps per request/workers. MODE: "alone" gives each request a task of
// its own, "together" lets the scheduler batch them.
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "benchmark/benchmark.h"
#include "server/base/clock.h"
#include "server/engine/scheduler.h"
#include "tests/bench/lstm_of.h"
#include "tests/testing/joint_run.h"

namespace cellar {
namespace {

// All sessions of one run of a benchmark.
class Load {
 public:
  Load(Scheduler& scheduler, std::shared_ptr<const Model> model, bool together, int64_t step_count,
       int64_t request_count)
      : scheduler_(scheduler),
        model_(std::move(model)),
        together_(together),
        step_count_(step_count),
        inputs_(static_cast<size_t>(step_count * model_->input_size()), 0.5F),
        left_(request_count) {}

  void Run(int64_t session_count) {
    running_ = session_count;
    for (int64_t k = 0; k < session_count; ++k) Ask(std::to_string(k));
    done_.WaitForNotification();
  }

 private:
  void Ask(const std::string& session) {
    if (left_.fetch_sub(1) <= 0) {
      if (running_.fetch_sub(1) == 1) done_.Notify();
      return;
    }
    auto steps = std::make_unique<JointRun<float>>(
        model_, Numerics{}, inputs_, TraceOptions{TraceView::kOutput, TraceDensity::kLastStep},
        [this, session](const JointOutcome<float>&) { Ask(session); });
    Task task;
    task.cost = Task::kDear;
    task.step_count = step_count_;
    if (together_) {
      task.steps = std::move(steps);
    } else {
      task.run = [steps = std::move(steps)](const absl::Status&) { MakeAlone(*steps); };
    }
    if (!scheduler_.Schedule(session, std::move(task)).ok()) std::abort();
  }

  Scheduler& scheduler_;
  const std::shared_ptr<const Model> model_;
  const bool together_;
  const int64_t step_count_;
  const std::vector<float> inputs_;
  std::atomic<int64_t> left_;
  std::atomic<int64_t> running_{0};
  absl::Notification done_;
};

void BM_Sessions(benchmark::State& state, bool together) {
  const int64_t sessions = state.range(1);
  const int64_t steps = state.range(2);
  const auto model = LstmOf(state.range(0));
  Scheduler::Options options;
  options.worker_count = static_cast<int>(state.range(3));
  Scheduler scheduler(options, SystemClock());
  // About 20 ms a run.
  const int64_t requests =
      std::max(sessions, 1'000'000'000 /
                             (steps * std::max<int64_t>(20'000, model->multiply_adds_per_step())));
  for (auto _ : state) Load(scheduler, model, together, steps, requests).Run(sessions);
  const auto made = static_cast<double>(state.iterations() * requests * steps);
  state.counters["steps/s"] = benchmark::Counter(made, benchmark::Counter::kIsRate);
  state.counters["us/step"] =
      benchmark::Counter(made * 1e-6, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void RegisterAll() {
  for (const bool together : {false, true}) {
    auto* const registered = benchmark::RegisterBenchmark(
        together ? "together" : "alone",
        [together](benchmark::State& state) { BM_Sessions(state, together); });
    for (int64_t hidden : {128, 256, 512, 1024}) {
      for (int64_t sessions : {1, 2, 8, 64}) {
        for (int64_t steps : {1, 100}) {
          for (int64_t workers : {1, 2}) registered->Args({hidden, sessions, steps, workers});
        }
      }
    }
    registered->UseRealTime()->Unit(benchmark::kMillisecond);
  }
}

}  // namespace
}  // namespace cellar

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  cellar::RegisterAll();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
