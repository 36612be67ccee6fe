// What is behind the scheduler: its lines, its queue and its workers. scheduler.cc says when turns
// begin and end, scheduler_workers.cc what workers do with them. Nobody else includes this.
//
// Thread safety: all methods may be called from any thread, with or without the lock as told.
#ifndef CELLAR_SERVER_ENGINE_SCHEDULER_IMPLEMENTATION_H_
#define CELLAR_SERVER_ENGINE_SCHEDULER_IMPLEMENTATION_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/engine/batch_policy.h"
#include "server/engine/crew_policy.h"
#include "server/engine/ready_queue.h"
#include "server/engine/scheduler.h"
#include "server/engine/step_batch.h"
#include "server/engine/turn_policy.h"

namespace cellar {

// The tasks of one key, in order. Exists while one of them runs or waits. A task without a key has
// a line of its own.
struct Scheduler::Line {
  struct WaitingTask {
    Task task;
    int64_t charged_steps = 0;  // what it takes of the queue limits: nothing if it had not to wait
    absl::Time since;
  };

  std::string key;  // empty: a task without a key
  std::string tenant;
  std::list<WaitingTask> waiting;
  int64_t waiting_steps = 0;  // the charged steps of `waiting`
};

struct Scheduler::Implementation {
  using WaitingTask = Line::WaitingTask;
  class Source;

  Implementation(Options options, Clock& clock);
  ~Implementation();

  // Takes `task`, or refuses it and leaves it alone. An empty key: none.
  absl::Status Schedule(absl::string_view key, Task&& task) ABSL_LOCKS_EXCLUDED(mutex);

  // Decides about `task` and, unless it is refused or to be run inline, moves it to the end of its
  // line. In `line`: where it stands, nothing if it needs no line; in `situation`: what it found.
  Turn Enter(absl::string_view key, Task& task, std::shared_ptr<Line>& line,
             TurnSituation& situation) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // The line of `key`, nullptr if there is none.
  std::shared_ptr<Line> FindLine(absl::string_view key) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // A new line for `key`. REQUIRES: there is none.
  std::shared_ptr<Line> AddLine(absl::string_view key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // `line` waits for a worker. Returns whether one must be woken for it, unless the calling thread
  // is one and will look for work at once.
  bool AddReady(std::shared_ptr<Line> line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Whether `key` has the scheduler for itself: nothing waits or runs, and its task was the last.
  bool IsAlone(absl::string_view key) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return task_count == 0 && !key.empty() && key == last_key;
  }

  // Counts a task of `key` that was taken.
  void CountTask(absl::string_view key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Counts so many more waiting steps of `line` (fewer, if negative).
  void CountWaiting(Line& line, int64_t steps) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  int64_t TenantSteps(absl::string_view tenant) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const auto found = tenant_steps.find(tenant);
    return found == tenant_steps.end() ? 0 : found->second;
  }

  // Why `turn` refuses a task that found `situation`.
  absl::Status WhyRefused(Turn turn, const TurnSituation& situation) const;

  // The line of a turn of `key` that has begun on this thread; nullptr if none may begin here now.
  std::shared_ptr<Line> TryBegin(absl::string_view key, int64_t cost)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Runs and destroys `task`, unless its deadline has passed.
  void Run(Task task, bool has_key) ABSL_LOCKS_EXCLUDED(mutex);

  // Ends the turn of a task of `line` (may be nothing). Returns whether another of its tasks became
  // ready and wants a worker.
  bool EndTurn(std::shared_ptr<Line> line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Ends turns that were run inline, and has workers take the next tasks of their lines.
  void EndInline(absl::Span<std::shared_ptr<Line>> ended) ABSL_LOCKS_EXCLUDED(mutex);

  // Takes the first task of a line that is not ready any more, whose turn it is.
  WaitingTask TakeTask(Line& line, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Sessions that could join a batch of this kind, and what else there is.
  JoinSituation LookFor(const BatchKind& kind, int64_t present, bool founders_present) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Begins the turns of `count` of them.
  void BeginTurns(const BatchKind& kind, int64_t count, std::vector<BatchTurn>& turns)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // What a worker does all its life, and once.
  void Work() ABSL_LOCKS_EXCLUDED(mutex);
  void WorkOnce() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  void HelpOnce() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  void WorkOnBatch(std::shared_ptr<Line> line, WaitingTask first)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Of the calling thread: whether it is running a task, of any scheduler, and whether it has the
  // turn of a key.
  static inline thread_local bool inside_task = false;
  static inline thread_local bool inside_turn = false;

  // Constant after construction.
  const Options options;
  std::vector<std::thread> workers;

  // Lock themselves.
  Clock& clock;
  Histogram queue_seconds{SecondsBounds()};
  Histogram compute_seconds{SecondsBounds()};
  Histogram batch_rows{CountBounds(kMostBatchRows)};

  mutable absl::Mutex mutex;
  absl::CondVar work_ready;  // `ready` or `invitations` have grown, or `stopping` was set
  absl::CondVar all_done;    // `task_count` has become 0

  // Every line with a key, under its own key.
  absl::flat_hash_map<absl::string_view, std::shared_ptr<Line>> lines ABSL_GUARDED_BY(mutex);

  // Lines without tasks and key, to be used again: most lines live for one short task.
  std::vector<std::shared_ptr<Line>> spare_lines ABSL_GUARDED_BY(mutex);

  // Lines of which a task can start, each once: those that have waiting tasks and none that runs.
  // Each is matched by a signal to a worker or by a worker that has yet to look here; those that
  // can share a batch also share a signal (WakesWorker).
  ReadyQueue<std::shared_ptr<Line>> ready ABSL_GUARDED_BY(mutex);

  // Crews that want one more helper, each as often as it wants one. Matched by signals, like
  // `ready`, but whoever wakes looks there first.
  std::list<std::shared_ptr<StepCrew>> invitations ABSL_GUARDED_BY(mutex);

  absl::Time next_invitation_time ABSL_GUARDED_BY(mutex);  // none before
  StallPause stall_pause ABSL_GUARDED_BY(mutex);

  // Waiting steps of each tenant that has any.
  absl::flat_hash_map<std::string, int64_t> tenant_steps ABSL_GUARDED_BY(mutex);

  int64_t waiting_steps ABSL_GUARDED_BY(mutex) = 0;  // of all lines
  int64_t task_count ABSL_GUARDED_BY(mutex) = 0;     // tasks that wait or run
  std::string last_key ABSL_GUARDED_BY(mutex);       // of the task taken last; empty: it had none
  int64_t busy_workers ABSL_GUARDED_BY(mutex) = 0;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_SCHEDULER_IMPLEMENTATION_H_
