#include "server/engine/scheduler.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "server/engine/engine_errors.h"
#include "server/engine/scheduler_implementation.h"

namespace cellar {
namespace {

// Of turns that begin at once every so manieth is timed: looking at the clock twice would take 5 %
// of a small step.
constexpr uint32_t kTimedTurns = 64;
thread_local uint32_t turn_number = 0;

// So many lines are kept to be used again.
constexpr size_t kMaxSpareLines = 64;

}  // namespace

absl::Status Scheduler::Implementation::Schedule(absl::string_view key, Task&& task) {
  Turn turn;
  std::shared_ptr<Line> line;
  TurnSituation situation;
  {
    absl::MutexLock lock(&mutex);
    turn = Enter(key, task, line, situation);
  }
  if (turn == Turn::kStart || turn == Turn::kWait) return absl::OkStatus();
  if (turn != Turn::kInline) return WhyRefused(turn, situation);
  Run(std::move(task), !key.empty());
  EndInline({&line, 1});
  return absl::OkStatus();
}

absl::Status Scheduler::Implementation::WhyRefused(Turn turn,
                                                   const TurnSituation& situation) const {
  if (turn == Turn::kRefusedBySession) {
    return StepQueueLimit(StepQueueScope::kSession, options.max_queued_steps_per_session,
                          situation.session_steps);
  }
  if (turn == Turn::kRefusedByTenant) {
    return StepQueueLimit(StepQueueScope::kTenant, options.max_queued_steps_per_tenant,
                          situation.tenant_steps);
  }
  return StepQueueLimit(StepQueueScope::kServer, options.max_queued_steps, situation.server_steps);
}

std::shared_ptr<Scheduler::Line> Scheduler::Implementation::TryBegin(absl::string_view key,
                                                                     int64_t cost) {
  TurnSituation situation;
  situation.session_idle = FindLine(key) == nullptr;
  situation.alone = IsAlone(key);
  situation.inside_task = inside_turn;
  if (DecideTurn({.cost = cost}, situation, options) != Turn::kInline) return nullptr;
  CountTask(key);
  return AddLine(key);
}

Turn Scheduler::Implementation::Enter(absl::string_view key, Task& task,
                                      std::shared_ptr<Line>& line, TurnSituation& situation) {
  line = FindLine(key);
  const int64_t worker_count = static_cast<int64_t>(workers.size());
  situation.session_idle = line == nullptr;
  situation.alone = IsAlone(key);
  situation.inside_task = inside_task;
  situation.free_workers = worker_count - busy_workers - ready.size();
  situation.session_steps = line == nullptr ? 0 : line->waiting_steps;
  situation.tenant_steps = TenantSteps(task.tenant);
  situation.server_steps = waiting_steps;
  const Turn turn = DecideTurn({task.cost, task.step_count}, situation, options);
  if (turn == Turn::kInline) {
    CountTask(key);
    if (!key.empty()) line = AddLine(key);
    return turn;
  }
  if (turn != Turn::kStart && turn != Turn::kWait) return turn;
  CountTask(key);
  const bool can_start = line == nullptr;
  if (can_start) line = AddLine(key);
  line->tenant = task.tenant;  // a turn that began inline has not told it
  const int64_t charged_steps = turn == Turn::kStart ? 0 : task.step_count;
  CountWaiting(*line, charged_steps);
  line->waiting.push_back({std::move(task), charged_steps, clock.Now()});
  if (can_start && AddReady(line)) work_ready.Signal();
  return turn;
}

void Scheduler::Implementation::CountTask(absl::string_view key) {
  ++task_count;
  last_key.assign(key.data(), key.size());
}

void Scheduler::Implementation::CountWaiting(Line& line, int64_t steps) {
  if (steps == 0) return;
  line.waiting_steps += steps;
  waiting_steps += steps;
  if ((tenant_steps[line.tenant] += steps) == 0) tenant_steps.erase(line.tenant);
}

bool Scheduler::Implementation::AddReady(std::shared_ptr<Line> line) {
  const TurnPlace place = line->key.empty() ? TurnPlace::kShared : TurnPlace::kOwn;
  const std::string& tenant = line->tenant;  // the line keeps it while it moves
  const JointSteps* const steps = line->waiting.front().task.steps.get();
  if (steps == nullptr) {
    ready.Add(tenant, place, std::nullopt, std::move(line));
    return true;
  }
  const BatchKind kind = steps->kind();
  const bool wakes = WakesWorker(ready.SizeOf(kind), options.max_batch_rows);
  ready.Add(tenant, place, kind, std::move(line));
  return wakes;
}

std::shared_ptr<Scheduler::Line> Scheduler::Implementation::FindLine(absl::string_view key) const {
  if (key.empty()) return nullptr;
  const auto found = lines.find(key);
  return found == lines.end() ? nullptr : found->second;
}

std::shared_ptr<Scheduler::Line> Scheduler::Implementation::AddLine(absl::string_view key) {
  std::shared_ptr<Line> line;
  if (spare_lines.empty()) {
    line = std::make_shared<Line>();
  } else {
    line = std::move(spare_lines.back());
    spare_lines.pop_back();
  }
  if (key.empty()) return line;
  line->key.assign(key.data(), key.size());
  lines.emplace(line->key, line);
  return line;
}

bool Scheduler::Implementation::EndTurn(std::shared_ptr<Line> line) {
  if (--task_count == 0) all_done.SignalAll();
  if (line == nullptr) return false;
  if (line->waiting.empty()) {
    if (!line->key.empty()) lines.erase(line->key);
    line->key.clear();
    if (spare_lines.size() < kMaxSpareLines) spare_lines.push_back(std::move(line));
    return false;
  }
  return AddReady(std::move(line));
}

void Scheduler::Implementation::EndInline(absl::Span<std::shared_ptr<Line>> ended) {
  absl::MutexLock lock(&mutex);
  for (std::shared_ptr<Line>& line : ended) {
    if (EndTurn(std::move(line))) work_ready.Signal();
  }
}

Scheduler::Scheduler(Options options, Clock& clock)
    : implementation_(std::make_unique<Implementation>(options, clock)) {}

Scheduler::~Scheduler() { Drain(); }

absl::Status Scheduler::Schedule(absl::string_view key, Task&& task) {
  return implementation_->Schedule(key, std::move(task));
}

std::optional<Scheduler::InlineTurn> Scheduler::TryBegin(absl::string_view key, int64_t cost) {
  std::shared_ptr<Line> line;
  {
    absl::MutexLock lock(&implementation_->mutex);
    line = implementation_->TryBegin(key, cost);
  }
  if (line == nullptr) return std::nullopt;
  const bool timed = ++turn_number % kTimedTurns == 0;
  return InlineTurn(*implementation_, std::move(line),
                    timed ? implementation_->clock.Now() : absl::InfinitePast());
}

Scheduler::InlineTurn::InlineTurn(Implementation& scheduler, std::shared_ptr<Line> line,
                                  absl::Time begin_time)
    : scheduler_(&scheduler),
      begin_time_(begin_time),
      line_(std::move(line)),
      was_inside_task_(std::exchange(Implementation::inside_task, true)) {
  Implementation::inside_turn = true;
}

Scheduler::InlineTurn::~InlineTurn() {
  if (line_ == nullptr) return;
  if (begin_time_ != absl::InfinitePast()) {
    scheduler_->compute_seconds.Observe(scheduler_->clock.Now() - begin_time_, kTimedTurns);
  }
  Implementation::inside_turn = false;  // as it was: no turn begins inside another
  Implementation::inside_task = was_inside_task_;
  scheduler_->EndInline({&line_, 1});
}

void Scheduler::TryMake(absl::Span<JointTurn> turns) {
  Implementation& all = *implementation_;
  std::vector<std::shared_ptr<Line>> lines;
  std::vector<JointSteps*> steps;
  lines.reserve(turns.size());
  steps.reserve(turns.size());
  {
    absl::MutexLock lock(&all.mutex);
    for (JointTurn& turn : turns) {
      std::shared_ptr<Line> line = all.TryBegin(turn.key, turn.cost);
      turn.made = line != nullptr;
      if (!turn.made) continue;
      lines.push_back(std::move(line));
      steps.push_back(turn.steps);
    }
  }
  if (steps.empty()) return;
  const bool was_inside_task = std::exchange(Implementation::inside_task, true);
  Implementation::inside_turn = true;  // it was not, or no turn would have begun
  const absl::Time begin_time = all.clock.Now();
  const absl::Span<JointSteps* const> begun = steps;
  const auto most_rows = static_cast<size_t>(all.options.max_batch_rows);
  for (size_t k = 0; k < begun.size(); k += most_rows) {
    MakeTogether(begun.subspan(k, most_rows), all.batch_rows);
  }
  all.compute_seconds.Observe(all.clock.Now() - begin_time);
  Implementation::inside_turn = false;
  Implementation::inside_task = was_inside_task;
  all.EndInline(absl::MakeSpan(lines));
}

absl::Status Scheduler::ScheduleAlone(Task&& task) {
  return implementation_->Schedule(absl::string_view(), std::move(task));
}

void Scheduler::Drain() {
  Implementation& all = *implementation_;
  absl::MutexLock lock(&all.mutex);
  while (all.task_count > 0) all.all_done.Wait(&all.mutex);
}

Scheduler::Load Scheduler::Look() const {
  absl::MutexLock lock(&implementation_->mutex);
  return {implementation_->task_count, implementation_->waiting_steps,
          implementation_->busy_workers, implementation_->ready.known_kinds()};
}

const Histogram& Scheduler::queue_seconds() const { return implementation_->queue_seconds; }

const Histogram& Scheduler::compute_seconds() const { return implementation_->compute_seconds; }

const Histogram& Scheduler::batch_rows() const { return implementation_->batch_rows; }

}  // namespace cellar
