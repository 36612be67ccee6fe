// Everything that lives as long as the server, built floor by floor and destroyed in reverse.
//
// Thread safety: Create, Drain and the destructor belong to one thread; ForceStop may be called
// from any other while Drain runs.
// Ownership: owns all parts; the clock and the log outlive it.
#ifndef CELLAR_SERVER_ENVIRONMENT_H_
#define CELLAR_SERVER_ENVIRONMENT_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/api/api.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/metrics.h"
#include "server/engine/scheduler.h"
#include "server/grading/exercise_registry.h"
#include "server/identity/identities.h"
#include "server/identity/identity_watcher.h"
#include "server/identity/tenant_tally.h"
#include "server/model/model_registry.h"
#include "server/operations/operator_server.h"
#include "server/options.h"
#include "server/rpc/call_book.h"
#include "server/rpc/server.h"
#include "server/session/session_keeper.h"
#include "server/session/session_reaper.h"
#include "server/session/session_table.h"
#include "server/store/group_writer.h"
#include "server/store/timed_store.h"

namespace cellar {

class Environment {
 public:
  // Builds everything and serves. `options` are valid. Errors: those of Identities::Reload (nobody
  // starts with a file that cannot be read), OpenRocksdbStore and what it takes to restore from it,
  // OperatorServer::Start and Server::Start; then nothing runs any more.
  static absl::StatusOr<std::unique_ptr<Environment>> Create(const Options& options, Clock& clock,
                                                             Log& log = SilentLog());

  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  // Where it listens.
  const std::vector<std::string>& addresses() const { return server_->addresses(); }

  // Where metrics and probes are answered; empty: nowhere.
  std::string metrics_address() const;

  // The parts, for tests that look behind the API.
  Api& api() { return api_; }
  Server& server() { return *server_; }

  // What is kept, in a line for the operator.
  const std::string& kept() const { return kept_; }

  // As Server::Drain and Server::ForceStop. From its first moment on /readyz says no. At its end
  // everything there is is written to the store, if there is one, whatever its durability.
  bool Drain(absl::Duration timeout);
  void ForceStop() { server_->ForceStop(); }

 private:
  // `store` may be null.
  Environment(const Options& options, Clock& clock, Log& log, std::unique_ptr<TimedStore> store);

  // Takes in what the store has. Errors: those of RestoreModels, RestoreExercises, RestoreSessions.
  absl::Status Restore();

  // Writes everything there is to the store, and that the run ended in order.
  absl::Status Keep();

  OperatorServer::Pages OperatorPages() const;

  // Used by nearly everything, so made first and destroyed last. Null without a data_dir.
  const std::unique_ptr<TimedStore> store_;
  const std::unique_ptr<GroupWriter> writer_;
  const std::unique_ptr<SessionKeeper> keeper_;
  Clock& clock_;
  Log& log_;
  std::string kept_;
  bool ended_ = false;

  Identities identities_;
  IdentityWatcher watcher_;
  ModelRegistry models_;
  SessionTable sessions_;
  ExerciseRegistry exercises_;
  SessionReaper reaper_;
  TenantTally call_bytes_;  // its last users are tasks
  Scheduler scheduler_;
  Api api_;
  CallBook call_book_;
  std::unique_ptr<Server> server_;
  std::atomic<bool> ready_{false};  // calls are answered, and the drain has not begun
  std::atomic<const Server*> started_server_{nullptr};  // for metrics, once it is there
  Metrics metrics_;
  std::unique_ptr<OperatorServer> operator_server_;  // null without --metrics-address
};

}  // namespace cellar

#endif  // CELLAR_SERVER_ENVIRONMENT_H_
