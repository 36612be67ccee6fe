#include "server/engine/scheduler.h"

#include <algorithm>
#include <list>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/engine/engine_errors.h"
#include "server/engine/turn_policy.h"
#include "server/engine/turn_rotation.h"

namespace cellar {
namespace {

// Whether this thread is running a task, of any scheduler.
thread_local bool inside_task = false;

// Whether it has the turn of a key.
thread_local bool inside_turn = false;

struct WaitingTask {
  Task task;
  int64_t charged_steps = 0;  // what it takes of the queue limits: nothing if it had not to wait
  absl::Time since;
};

// Of turns that begin at once every so manieth is timed: looking at the clock twice would take 5 %
// of a small step.
constexpr uint32_t kTimedTurns = 64;
thread_local uint32_t turn_number = 0;

// So many lines are kept to be used again.
constexpr size_t kMaxSpareLines = 64;

}  // namespace

// The tasks of one key, in order. Exists while one of them runs or waits. A task without a key has
// a line of its own.
struct Scheduler::Line {
  std::string key;  // empty: a task without a key
  std::string tenant;
  std::list<WaitingTask> waiting;
  int64_t waiting_steps = 0;  // the charged steps of `waiting`
};

struct Scheduler::Implementation {
  Implementation(Options options, Clock& clock);
  ~Implementation();

  // Takes or refuses `task`. An empty key: none.
  absl::Status Schedule(absl::string_view key, Task task) ABSL_LOCKS_EXCLUDED(mutex);

  // Decides about `task` and, unless it is refused or to be run inline, moves it to the end of its
  // line. In `line`: where it stands, nothing if it needs no line; in `situation`: what it found.
  Turn Enter(absl::string_view key, Task& task, std::shared_ptr<Line>& line,
             TurnSituation& situation) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // The line of `key`, nullptr if there is none.
  std::shared_ptr<Line> FindLine(absl::string_view key) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // A new line for `key`. REQUIRES: there is none.
  std::shared_ptr<Line> AddLine(absl::string_view key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // `line` waits for a worker.
  void AddReady(std::shared_ptr<Line> line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Counts so many more waiting steps of `line` (fewer, if negative).
  void CountWaiting(Line& line, int64_t steps) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  int64_t TenantSteps(absl::string_view tenant) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const auto found = tenant_steps.find(tenant);
    return found == tenant_steps.end() ? 0 : found->second;
  }

  // Why `turn` refuses a task that found `situation`.
  absl::Status WhyRefused(Turn turn, const TurnSituation& situation) const;

  // The line of a turn of `key` that has begun on this thread; nullptr if none may begin here now.
  std::shared_ptr<Line> TryBegin(absl::string_view key, int64_t cost) ABSL_LOCKS_EXCLUDED(mutex);

  // Runs and destroys `task`, unless its deadline has passed.
  void Run(Task task, bool has_key) ABSL_LOCKS_EXCLUDED(mutex);

  // Ends the turn of a task of `line` (may be nothing). Returns whether another of its tasks became
  // ready.
  bool EndTurn(std::shared_ptr<Line> line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Ends a turn that was run inline, and has a worker take the next task of its line.
  void EndInline(std::shared_ptr<Line> line) ABSL_LOCKS_EXCLUDED(mutex);

  // What a worker does all its life.
  void Work() ABSL_LOCKS_EXCLUDED(mutex);

  // Constant after construction.
  const Options options;
  std::vector<std::thread> workers;

  // Lock themselves.
  Clock& clock;
  Histogram queue_seconds{SecondsBounds()};
  Histogram compute_seconds{SecondsBounds()};

  mutable absl::Mutex mutex;
  absl::CondVar work_ready;  // `ready` has grown, or `stopping` was set
  absl::CondVar all_done;    // `task_count` has become 0

  // Every line with a key, under its own key.
  absl::flat_hash_map<absl::string_view, std::shared_ptr<Line>> lines ABSL_GUARDED_BY(mutex);

  // Lines without tasks and key, to be used again: most lines live for one short task.
  std::vector<std::shared_ptr<Line>> spare_lines ABSL_GUARDED_BY(mutex);

  // Lines of which a task can start, each once: those that have waiting tasks and none that runs.
  // Each entry is matched by a signal to a worker or by a worker that has yet to look here.
  TurnRotation<std::shared_ptr<Line>> ready ABSL_GUARDED_BY(mutex);

  // Waiting steps of each tenant that has any.
  absl::flat_hash_map<std::string, int64_t> tenant_steps ABSL_GUARDED_BY(mutex);

  int64_t waiting_steps ABSL_GUARDED_BY(mutex) = 0;  // of all lines
  int64_t task_count ABSL_GUARDED_BY(mutex) = 0;     // tasks that wait or run
  int64_t busy_workers ABSL_GUARDED_BY(mutex) = 0;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
};

Scheduler::Implementation::Implementation(Options options, Clock& clock)
    : options(options), clock(clock) {
  const int worker_count = std::max(1, this->options.worker_count);
  workers.reserve(worker_count);
  for (int i = 0; i < worker_count; ++i) workers.emplace_back([this] { Work(); });
}

Scheduler::Implementation::~Implementation() {
  {
    absl::MutexLock lock(&mutex);
    stopping = true;
    work_ready.SignalAll();
  }
  for (std::thread& worker : workers) worker.join();
}

absl::Status Scheduler::Implementation::Schedule(absl::string_view key, Task task) {
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
  EndInline(std::move(line));
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
  absl::MutexLock lock(&mutex);
  TurnSituation situation;
  situation.session_idle = FindLine(key) == nullptr;
  situation.inside_task = inside_turn;
  if (DecideTurn({.cost = cost}, situation, options) != Turn::kInline) return nullptr;
  ++task_count;
  return AddLine(key);
}

Turn Scheduler::Implementation::Enter(absl::string_view key, Task& task,
                                      std::shared_ptr<Line>& line, TurnSituation& situation) {
  line = FindLine(key);
  const int64_t worker_count = static_cast<int64_t>(workers.size());
  situation.session_idle = line == nullptr;
  situation.inside_task = inside_task;
  situation.free_workers = worker_count - busy_workers - ready.size();
  situation.session_steps = line == nullptr ? 0 : line->waiting_steps;
  situation.tenant_steps = TenantSteps(task.tenant);
  situation.server_steps = waiting_steps;
  const Turn turn = DecideTurn({task.cost, task.step_count}, situation, options);
  if (turn == Turn::kInline) {
    ++task_count;
    if (!key.empty()) line = AddLine(key);
    return turn;
  }
  if (turn != Turn::kStart && turn != Turn::kWait) return turn;
  ++task_count;
  const bool can_start = line == nullptr;
  if (can_start) line = AddLine(key);
  line->tenant = task.tenant;  // a turn that began inline has not told it
  const int64_t charged_steps = turn == Turn::kStart ? 0 : task.step_count;
  CountWaiting(*line, charged_steps);
  line->waiting.push_back({std::move(task), charged_steps, clock.Now()});
  if (can_start) {
    AddReady(line);
    work_ready.Signal();
  }
  return turn;
}

void Scheduler::Implementation::CountWaiting(Line& line, int64_t steps) {
  if (steps == 0) return;
  line.waiting_steps += steps;
  waiting_steps += steps;
  if ((tenant_steps[line.tenant] += steps) == 0) tenant_steps.erase(line.tenant);
}

void Scheduler::Implementation::AddReady(std::shared_ptr<Line> line) {
  const TurnPlace place = line->key.empty() ? TurnPlace::kShared : TurnPlace::kOwn;
  const std::string& tenant = line->tenant;  // the line keeps it while it moves
  ready.Add(tenant, place, std::move(line));
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

void Scheduler::Implementation::Run(Task task, bool has_key) {
  const bool too_late = task.deadline != absl::InfiniteFuture() && clock.Now() >= task.deadline;
  const bool was_inside_task = std::exchange(inside_task, true);
  const bool was_inside_turn = std::exchange(inside_turn, has_key);
  task.run(too_late ? DeadlinePassed() : absl::OkStatus());
  // What the task holds (perhaps a lease) goes before the next task of its key starts.
  task.run = nullptr;
  inside_turn = was_inside_turn;
  inside_task = was_inside_task;
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
  AddReady(std::move(line));
  return true;
}

void Scheduler::Implementation::EndInline(std::shared_ptr<Line> line) {
  absl::MutexLock lock(&mutex);
  if (EndTurn(std::move(line))) work_ready.Signal();
}

void Scheduler::Implementation::Work() {
  absl::MutexLock lock(&mutex);
  while (true) {
    while (ready.empty() && !stopping) work_ready.Wait(&mutex);
    if (ready.empty()) return;
    std::shared_ptr<Line> line = ready.Next();
    WaitingTask next = std::move(line->waiting.front());
    line->waiting.pop_front();
    CountWaiting(*line, -next.charged_steps);
    ++busy_workers;
    mutex.Unlock();
    const absl::Time begin_time = clock.Now();
    queue_seconds.Observe(begin_time - next.since);
    Run(std::move(next.task), !line->key.empty());
    compute_seconds.Observe(clock.Now() - begin_time);
    mutex.Lock();
    --busy_workers;
    // No signal: what became ready is matched by this worker, who looks again at once.
    EndTurn(std::move(line));
  }
}

Scheduler::Scheduler(Options options, Clock& clock)
    : implementation_(std::make_unique<Implementation>(options, clock)) {}

Scheduler::~Scheduler() { Drain(); }

absl::Status Scheduler::Schedule(const std::string& key, Task task) {
  return implementation_->Schedule(key, std::move(task));
}

std::optional<Scheduler::InlineTurn> Scheduler::TryBegin(const std::string& key, int64_t cost) {
  std::shared_ptr<Line> line = implementation_->TryBegin(key, cost);
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
      was_inside_task_(std::exchange(inside_task, true)) {
  inside_turn = true;
}

Scheduler::InlineTurn::~InlineTurn() {
  if (line_ == nullptr) return;
  if (begin_time_ != absl::InfinitePast()) {
    scheduler_->compute_seconds.Observe(scheduler_->clock.Now() - begin_time_, kTimedTurns);
  }
  inside_turn = false;  // as it was: no turn begins inside another
  inside_task = was_inside_task_;
  scheduler_->EndInline(std::move(line_));
}

absl::Status Scheduler::ScheduleAlone(Task task) {
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
          implementation_->busy_workers};
}

const Histogram& Scheduler::queue_seconds() const { return implementation_->queue_seconds; }

const Histogram& Scheduler::compute_seconds() const { return implementation_->compute_seconds; }

}  // namespace cellar
