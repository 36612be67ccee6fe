// What sessions have in common, and whom they tell.
//
// Thread safety: all methods may be called from any thread.
// Ownership: the clock and the watcher outlive the commons, and these every session that has them.
#ifndef CELLAR_SERVER_SESSION_SESSION_COMMONS_H_
#define CELLAR_SERVER_SESSION_SESSION_COMMONS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "server/base/clock.h"
#include "server/identity/cap.h"
#include "server/session/byte_budget.h"

namespace cellar {

class Session;

// Told of sessions that have what the store should have and has not (session_keeper.h). Called
// without locks held, from any thread.
class SessionWatcher {
 public:
  virtual ~SessionWatcher() = default;

  // `urgent`: it has gone on for so many steps that it should be written at once.
  virtual void Changed(const std::shared_ptr<Session>& session, bool urgent) = 0;
};

// Told when the stream it stands for must end. Called without locks held, from any thread, at most
// once.
class StreamListener {
 public:
  virtual ~StreamListener() = default;
  virtual void EndStream(absl::Status status) = 0;
};

// What the sessions of one table have in common. Lives as long as any of them.
struct SessionCommons {
  SessionCommons(Clock& used_clock, CapLimits max_bytes, std::string epoch,
                 SessionWatcher* used_watcher = nullptr, int64_t used_checkpoint_steps = 0)
      : clock(used_clock),
        budgets(max_bytes),
        server_epoch(std::move(epoch)),
        watcher(used_watcher),
        checkpoint_steps(used_checkpoint_steps) {}

  Clock& clock;
  ByteBudgets budgets;
  const std::string server_epoch;
  SessionWatcher* const watcher;   // null: there is no store
  const int64_t checkpoint_steps;  // a session of durability PERIODIC is written after so many

  std::atomic<int64_t> session_count{0};  // made so far
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_COMMONS_H_
