#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "server/engine/engine_errors.h"
#include "server/engine/scheduler_implementation.h"

namespace cellar {
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

void Scheduler::Implementation::Run(Task task, bool has_key) {
  const bool was_inside_task = std::exchange(inside_task, true);
  const bool was_inside_turn = std::exchange(inside_turn, has_key);
  // What the task holds (perhaps a lease) goes before the next task of its key starts.
  if (task.steps != nullptr) {
    MakeAlone(*task.steps);
    task.steps = nullptr;
  } else {
    const bool too_late = task.deadline != absl::InfiniteFuture() && clock.Now() >= task.deadline;
    task.run(too_late ? DeadlinePassed() : absl::OkStatus());
    task.run = nullptr;
  }
  inside_turn = was_inside_turn;
  inside_task = was_inside_task;
}

Scheduler::Line::WaitingTask Scheduler::Implementation::TakeTask(Line& line, absl::Time now) {
  WaitingTask task = std::move(line.waiting.front());
  line.waiting.pop_front();
  CountWaiting(line, -task.charged_steps);
  queue_seconds.Observe(now - task.since);
  return task;
}

JoinSituation Scheduler::Implementation::LookFor(const BatchKind& kind, int64_t present,
                                                 bool founders_present) const {
  JoinSituation situation;
  situation.waiting = ready.SizeOf(kind);
  situation.present = present;
  situation.founders_present = founders_present;
  situation.others_wait = ready.size() > situation.waiting;
  situation.free_workers = static_cast<int64_t>(workers.size()) - busy_workers;
  situation.most_rows = options.max_batch_rows;
  return situation;
}

void Scheduler::Implementation::BeginTurns(const BatchKind& kind, int64_t count,
                                           std::vector<BatchTurn>& turns) {
  if (count == 0) return;
  const absl::Time now = clock.Now();
  for (int64_t k = 0; k < count; ++k) {
    std::shared_ptr<Line> line = ready.NextOf(kind);
    WaitingTask task = TakeTask(*line, now);
    turns.push_back({std::move(task.task.steps), std::move(line)});
  }
}

// What a batch on a worker gets its turns from.
class Scheduler::Implementation::Source final : public BatchSource {
 public:
  // `newcomers` outlives the source.
  Source(Implementation& scheduler, const BatchKind& kind, const std::atomic<int64_t>& newcomers)
      : scheduler_(scheduler), kind_(kind), newcomers_(newcomers) {}

  const std::atomic<int64_t>& newcomers() const override { return newcomers_; }

  bool IsOpen(int64_t present, bool founders_present) override {
    absl::MutexLock lock(&scheduler_.mutex);
    JoinSituation situation = scheduler_.LookFor(kind_, present, founders_present);
    situation.waiting = std::max<int64_t>(1, situation.waiting);
    return NewcomersToTake(situation) > 0;
  }

  void Invite(std::shared_ptr<StepCrew>& crew) override {
    absl::MutexLock lock(&scheduler_.mutex);
    if (!scheduler_.ready.empty()) return;
    if (scheduler_.clock.Now() < scheduler_.next_invitation_time) return;
    auto& invitations = scheduler_.invitations;
    int64_t wanted = static_cast<int64_t>(scheduler_.workers.size()) - scheduler_.busy_workers -
                     std::count(invitations.begin(), invitations.end(), crew);
    if (crew != nullptr) wanted -= crew->helper_count();
    if (wanted <= 0) return;
    if (crew == nullptr) {
      crew = std::make_shared<StepCrew>(static_cast<int>(scheduler_.workers.size()));
    }
    for (int64_t k = 0; k < wanted; ++k) {
      invitations.push_back(crew);
      scheduler_.work_ready.Signal();
    }
  }

  void Dismiss(const std::shared_ptr<StepCrew>& crew) override {
    crew->Dismiss();
    absl::MutexLock lock(&scheduler_.mutex);
    scheduler_.invitations.remove(crew);
    const bool stalled = crew->stall_count() > 0;
    if (!stalled && crew->helped_part_count() == 0) return;  // nobody was there
    const int64_t pause = scheduler_.stall_pause.Note(stalled);
    if (pause == 0) return;
    scheduler_.next_invitation_time = scheduler_.clock.Now() + absl::Milliseconds(pause);
  }

  std::vector<BatchTurn> Exchange(std::vector<BatchTurn> over, int64_t present,
                                  bool founders_present) override {
    if (!over.empty()) ObserveStretch();
    std::vector<BatchTurn> joining;
    absl::MutexLock lock(&scheduler_.mutex);
    int64_t wanted_workers = 0;
    for (BatchTurn& turn : over) {
      auto line = std::static_pointer_cast<Line>(std::move(turn.line));
      if (scheduler_.EndTurn(std::move(line))) ++wanted_workers;
    }
    const JoinSituation situation = scheduler_.LookFor(kind_, present, founders_present);
    scheduler_.BeginTurns(kind_, NewcomersToTake(situation), joining);
    wanted_workers = std::min(wanted_workers, scheduler_.ready.size());
    for (int64_t k = 0; k < wanted_workers; ++k) scheduler_.work_ready.Signal();
    return joining;
  }

 private:
  // The time since the last turns ended; once, however many there were. A batch itself may have no
  // end as long as sessions join it.
  void ObserveStretch() {
    const absl::Time begin_time = std::exchange(stretch_begin_time_, scheduler_.clock.Now());
    scheduler_.compute_seconds.Observe(stretch_begin_time_ - begin_time);
  }

  Implementation& scheduler_;
  const BatchKind kind_;
  const std::atomic<int64_t>& newcomers_;
  absl::Time stretch_begin_time_ = scheduler_.clock.Now();
};

void Scheduler::Implementation::WorkOnBatch(std::shared_ptr<Line> line, WaitingTask first) {
  const BatchKind kind = first.task.steps->kind();
  std::vector<BatchTurn> founders;
  founders.push_back({std::move(first.task.steps), std::move(line)});
  BeginTurns(kind, NewcomersToTake(LookFor(kind, 1, true)), founders);
  Source source(*this, kind, ready.Watch(kind));
  mutex.Unlock();
  inside_task = inside_turn = true;
  RunBatch(std::move(founders), source, batch_rows);
  inside_task = inside_turn = false;
  mutex.Lock();
  ready.Release(kind);
}

void Scheduler::Implementation::WorkOnce() {
  std::shared_ptr<Line> line = ready.Next();
  ++busy_workers;
  WaitingTask next = TakeTask(*line, clock.Now());
  if (next.task.steps != nullptr) {
    WorkOnBatch(std::move(line), std::move(next));
    --busy_workers;
    return;
  }
  mutex.Unlock();
  const absl::Time begin_time = clock.Now();
  Run(std::move(next.task), !line->key.empty());
  compute_seconds.Observe(clock.Now() - begin_time);
  mutex.Lock();
  --busy_workers;
  // No signal: what became ready is matched by this worker, who looks again at once.
  EndTurn(std::move(line));
}

// A helper counts as free: it comes as soon as anything waits.
void Scheduler::Implementation::HelpOnce() {
  const std::shared_ptr<StepCrew> crew = std::move(invitations.front());
  invitations.pop_front();
  const std::atomic<int64_t>& waiting = ready.waiting();
  mutex.Unlock();
  crew->Help(waiting);
  mutex.Lock();
}

void Scheduler::Implementation::Work() {
  absl::MutexLock lock(&mutex);
  while (true) {
    while (ready.empty() && invitations.empty() && !stopping) work_ready.Wait(&mutex);
    if (!ready.empty()) {
      WorkOnce();
    } else if (!invitations.empty()) {
      HelpOnce();
    } else {
      return;
    }
  }
}

}  // namespace cellar
