// What sessions that nobody uses take in memory, and what a step costs among them: table and engine
// as a server has them, without a store and without a wire. Prints one line of JSON.
//
//   cellar-sessions-bench --sessions 1000000 --hidden 32
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "server/engine/scheduler.h"
#include "server/engine/session_steps.h"
#include "server/model/model_registry.h"
#include "server/session/session_table.h"
#include "tests/bench/lstm_of.h"
#include "tests/bench/resident_bytes.h"

namespace cellar {
namespace {

using WallClock = std::chrono::steady_clock;

class Sessions {
 public:
  Sessions(int64_t count, int64_t hidden)
      : model_(LstmOf(hidden)), inputs_(static_cast<size_t>(hidden), 0.5F) {
    models_.Add(kDefaultTenant, model_).value();
    sessions_.resize(static_cast<size_t>(count));
  }

  // Sessions with names that the table makes, which have made no steps.
  void Create() {
    const ModelPin pin = models_.Pin({kDefaultTenant, model_->name()}).value();
    for (Session*& session : sessions_) {
      SessionConfig config{{.tenant = std::string(kDefaultTenant),
                            .model = pin.model(),
                            .numerics = {},
                            .ttl = absl::Hours(1),
                            .labels = {}},
                           std::string(),
                           FreezeState(ZeroStackState(*model_, Precision::kFloat32)),
                           absl::Time(),
                           pin};
      SessionProgress progress{config.initial_state, 0,
                               ReplayWindow(config.replay_window_requests)};
      session = table_.Create(std::move(config), std::move(progress)).value().get();
    }
  }

  // One step of one of them, found by its name as a request is.
  void Step(uint64_t number) {
    const absl::string_view name = sessions_[number % sessions_.size()]->name();
    SessionHold hold = table_.HoldAwake({kDefaultTenant, name}).value();
    Step(hold);
  }

  void Step(SessionHold& hold) {
    const auto turn = scheduler_.TryBegin(hold.session()->turn_key(), 1);
    SessionLease lease = hold.Lease().value();
    MakeSteps(lease, std::nullopt, SharedNumbers::Of<float>(inputs_), {}).value();
  }

  // One step of each of some of them, found together as the items of a message are.
  void StepTogether(absl::Span<const uint64_t> numbers) {
    std::vector<OwnedName> names;
    for (const uint64_t number : numbers) {
      names.push_back({kDefaultTenant, sessions_[number % sessions_.size()]->name()});
    }
    table_.Prefetch(names);
    std::vector<SessionHold> holds;
    for (const OwnedName& owned : names) holds.push_back(table_.HoldAwake(owned).value());
    for (SessionHold& hold : holds) Step(hold);
  }

  // So many steps of each.
  void StepEach(int64_t step_count) {
    for (int64_t k = 0; k < step_count; ++k) {
      for (uint64_t number = 0; number < sessions_.size(); ++number) Step(number);
    }
  }

  // Nanoseconds of a step, of sessions in random order, so many at once.
  double NanosOfStep(int64_t step_count, int64_t together) {
    std::mt19937_64 random(1);
    std::vector<uint64_t> numbers(static_cast<size_t>(together));
    const auto start = WallClock::now();
    for (int64_t k = 0; k < step_count; k += together) {
      std::generate(numbers.begin(), numbers.end(), std::ref(random));
      together == 1 ? Step(numbers[0]) : StepTogether(numbers);
    }
    const std::chrono::duration<double, std::nano> taken = WallClock::now() - start;
    return taken.count() / static_cast<double>(step_count);
  }

  double charged_bytes() const { return static_cast<double>(table_.used_bytes()); }

 private:
  const std::shared_ptr<const Model> model_;
  const std::vector<float> inputs_;
  ModelRegistry models_{{}};
  SessionTable table_{{.max_sessions = int64_t{1} << 40, .max_bytes = int64_t{1} << 50},
                      SystemClock()};
  Scheduler scheduler_{{.worker_count = 1}, SystemClock()};
  std::vector<Session*> sessions_;  // the table's
};

}  // namespace
}  // namespace cellar

int main(int argc, char** argv) {
  CLI::App app("Measures what sessions take in memory, and a step among them.");
  int64_t count = 1'000'000;
  int64_t hidden = 32;
  int64_t steps = 200'000;
  app.add_option("--sessions", count, "How many there are")->capture_default_str();
  app.add_option("--hidden", hidden, "Hidden and input size")->capture_default_str();
  int64_t between = 0;
  app.add_option("--steps", steps, "Steps to time, after as many")->capture_default_str();
  int64_t each = 0;
  app.add_option("--each", each, "Steps to make of each before looking at the memory")
      ->capture_default_str();
  int64_t together = 1;
  app.add_option("--together", together, "Sessions that are found at once")->capture_default_str();
  app.add_option("--between", between, "Steps to make before timing again; 0: time once");
  CLI11_PARSE(app, argc, argv);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as cellar-server does
  cellar::Sessions sessions(count, hidden);
  const double before = cellar::ResidentBytes();
  sessions.Create();
  sessions.StepEach(each);
  const double resident = cellar::ResidentBytes() - before;
  const double charged = sessions.charged_bytes();
  const auto number = static_cast<double>(count);
  sessions.NanosOfStep(steps, together);
  const double nanos = sessions.NanosOfStep(steps, together);
  if (between > 0) sessions.NanosOfStep(between, together);
  const double later_nanos = between > 0 ? sessions.NanosOfStep(steps, together) : nanos;
  std::printf(
      "{\"sessions\": %lld, \"hidden\": %lld, \"resident_bytes\": %.1f, "
      "\"charged_bytes\": %.1f, \"ns_per_step\": %.1f, \"later_ns_per_step\": %.1f}\n",
      static_cast<long long>(count), static_cast<long long>(hidden), resident / number,
      charged / number, nanos, later_nanos);
  return 0;
}
