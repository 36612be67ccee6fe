// When work runs, and on which thread.
//
// Work on one session runs in turns: one task at a time, in the order in which it was scheduled. A
// cheap task whose turn it is runs at once on the thread that schedules it (a hand-over costs more
// than a small step); a dear one, or one that has to wait, runs on a worker. Workers take tenants
// in turn, and of each its sessions in turn (turn_rotation.h), so that a flood of one does not
// starve the others. A turn is one task, or one batch:
//
// Steps that wait on the same model are made together (batch_policy.h): a worker that begins one
// session's takes others along, and lets more in between any two steps. It is the turn of the
// session that began; who rides along keeps its own place.
//
// Thread safety: all methods may be called from any thread, also from inside a task. No lock is
// held while a task runs.
#ifndef CELLAR_SERVER_ENGINE_SCHEDULER_H_
#define CELLAR_SERVER_ENGINE_SCHEDULER_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/base/clock.h"
#include "server/base/histogram.h"
#include "server/engine/batch_policy.h"
#include "server/engine/joint_steps.h"

namespace cellar {

struct Task {
  // Fused multiply-adds it will take, about. Decides whether it runs inline.
  int64_t cost = 0;
  // The cost of what must never run inline: one thread serves all calls, and must not compute.
  static constexpr int64_t kDear = std::numeric_limits<int64_t>::max();

  // Steps it makes: what counts against the queue limits while it waits. At least 1.
  int64_t step_count = 1;

  // Whose it is. Tasks of one key have the same.
  std::string tenant;

  // When nobody will want it any more.
  absl::Time deadline = absl::InfiniteFuture();

  // Runs exactly once if the task was taken: with OK to do the work, or with DEADLINE_PASSED to do
  // nothing but report. Must not throw.
  absl::AnyInvocable<void(absl::Status)> run;

  // Instead of `run`: steps, which may be made together with those of other sessions. Whether they
  // are still wanted is theirs to know: `deadline` is not looked at. Only with a key.
  std::unique_ptr<JointSteps> steps;
};

// The steps of one session among those of others.
struct JointTurn {
  absl::string_view key;  // as in Scheduler::TryBegin, like the cost
  int64_t cost = 0;
  JointSteps* steps = nullptr;
  bool made = false;  // set by TryMake
};

class Scheduler {
 public:
  struct Options {
    int worker_count = 2;  // >= 1
    // Tasks of at most this cost run inline when their turn is now: some 3 us of a middling cell,
    // 11 at H = 8 and 20 of the smallest, for whose steps a multiply-add takes longest. A hand-over
    // takes 9 to 18.
    int64_t inline_cost = 100'000;
    // Tasks of at most this cost do, too, of a session that has the scheduler for itself: nothing
    // else waits or runs, or has come since its last task. Handing such a task to a worker takes as
    // long as making it. 0: none.
    int64_t lone_cost = 0;
    // Sessions that step together at most: from 1, each by itself, to kMostBatchRows.
    int64_t max_batch_rows = kMostBatchRows;
    int64_t max_queued_steps = 1'000'000;     // of all sessions together
    int64_t max_queued_steps_per_tenant = 0;  // 0: only what all may have together
    int64_t max_queued_steps_per_session = 100'000;
  };

  class InlineTurn;

  // Starts the workers. `clock` outlives the scheduler.
  Scheduler(Options options, Clock& clock);

  // Drains, then stops the workers.
  ~Scheduler();

  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Takes `task` for its turn on `key` (a session's turn_key), or refuses it: then it stays the
  // caller's as it was, and is never run. Errors: STEP_QUEUE_LIMIT. The limits hold for tasks that
  // wait: one that can start is always taken, and so is one beside which nothing waits.
  absl::Status Schedule(absl::string_view key, Task&& task);

  // Begins a turn of `key` on the calling thread, if a task of this cost would run inline now: as
  // Schedule, for a caller who does the work at once and so needs no Task. Also from inside a task
  // without a key, which may so work off many sessions, but not from inside a turn. Nothing: call
  // Schedule.
  std::optional<InlineTurn> TryBegin(absl::string_view key, int64_t cost);

  // Makes those whose turn TryBegin would begin, as many together as may be, on the calling thread,
  // and ends their turns; of the others nothing is done. May be called where TryBegin may.
  // REQUIRES: keys differ, and the steps are of one kind.
  void TryMake(absl::Span<JointTurn> turns);

  // Takes a task that belongs to no session; tasks of a tenant without a key start in order of
  // arrival and may run at the same time. A task scheduled
  // from inside a task never runs inline, with a key or without: a chain would eat the stack.
  // Refuses as Schedule does. Errors: STEP_QUEUE_LIMIT.
  absl::Status ScheduleAlone(Task&& task);

  // Waits until nothing waits or runs. REQUIRES: not called from inside a task.
  void Drain();

  // What there is to do at the moment.
  struct Load {
    int64_t tasks = 0;         // that wait or run
    int64_t queued_steps = 0;  // of tasks that wait because they must
    int64_t busy_workers = 0;
    int64_t known_kinds = 0;  // of steps that can be made together
  };
  Load Look() const;

  // How long tasks waited for a worker, and how long turns took: all those of workers, and of turns
  // that began at once (TryBegin), which are short and many, a sample that stands for the rest. A
  // batch counts once each time that some of its sessions are done, with the time since the last
  // ones were; what TryMake makes counts once.
  const Histogram& queue_seconds() const;
  const Histogram& compute_seconds() const;

  // How many sessions stepped together, at each step of a batch.
  const Histogram& batch_rows() const;

 private:
  struct Implementation;
  struct Line;
  std::unique_ptr<Implementation> implementation_;
};

// A turn on the thread that began it. Its end is the turn's end: then the next task of the key may
// start. The scheduler outlives it. Move-only.
class Scheduler::InlineTurn {
 public:
  InlineTurn(InlineTurn&&) = default;
  InlineTurn& operator=(InlineTurn&&) = delete;
  ~InlineTurn();

 private:
  friend class Scheduler;
  InlineTurn(Implementation& scheduler, std::shared_ptr<Line> line, absl::Time begin_time);

  Implementation* scheduler_;
  absl::Time begin_time_;       // InfinitePast: not part of the sample
  std::shared_ptr<Line> line_;  // null once moved from
  bool was_inside_task_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_SCHEDULER_H_
