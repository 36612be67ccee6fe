// What the handlers work on. One Api serves all calls; the environment owns everything it refers
// to.
//
// Handlers are free functions, or small classes where a call has several messages. They take
// messages and give absl::Status; they know nothing of gRPC. Those that give a status at once
// return it; those that must wait for a session's turn take a Done and call it exactly once, from
// any thread, perhaps before they return.
//
// Thread safety: all parts lock themselves; limits are constant.
#ifndef CELLAR_SERVER_API_API_H_
#define CELLAR_SERVER_API_API_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/api/api_counts.h"
#include "server/api/name_turns.h"
#include "server/base/clock.h"
#include "server/engine/scheduler.h"
#include "server/grading/exercise_registry.h"
#include "server/identity/caller.h"
#include "server/identity/tenant.h"
#include "server/identity/tenant_tally.h"
#include "server/model/model_registry.h"
#include "server/model/model_validation.h"
#include "server/session/session_keeper.h"
#include "server/session/session_table.h"
#include "server/store/group_writer.h"

namespace cellar {

struct ApiLimits {
  int64_t max_message_bytes = int64_t{4} << 20;  // longest request and longest answer
  int64_t max_upload_bytes = int64_t{1} << 30;   // longest uploaded model file
  int64_t max_steps_per_request =
      65536;  // of Step, of a stream's message, of all sequences of Evaluate
  // Fused multiply-adds of one request that cannot be interrupted once it runs: about 20 s at 10^9
  // a second. One step is always allowed.
  int64_t max_request_multiply_adds = 20'000'000'000;
  int64_t max_streams = 10'000;               // open streams, of whatever method
  int64_t max_streams_per_tenant = 0;         // 0: as many as of all
  int64_t max_call_bytes = int64_t{1} << 30;  // what calls in flight hold together
  int64_t max_call_bytes_per_tenant = 0;      // 0: as much as of all
  int64_t max_exercise_values = 100'000;      // asked for by one exercise
  absl::Duration default_ttl = absl::Hours(1);
  absl::Duration max_ttl = absl::Hours(24 * 30);
  Durability default_durability = Durability::kMemory;
  ModelLimits model = {};
};

struct Api {
  Clock& clock;
  ModelRegistry& models;
  SessionTable& sessions;
  ExerciseRegistry& exercises;
  Scheduler& scheduler;
  TenantTally& call_bytes;  // what calls in flight hold (call_bytes.h)
  const ApiLimits limits;
  GroupWriter* const writer = nullptr;    // null: everything is in memory only
  SessionKeeper* const keeper = nullptr;  // null as well then
  TenantTally open_streams{{limits.max_streams_per_tenant, limits.max_streams}};  // stream_slot.h
  ApiCounts counts = {};
  NameTurns resource_turns = {};  // of keys of models and exercises; kept_resources.h
};

// What a handler may know of its call. Whether the caller may call the method at all has been
// decided before (rpc/); whose models and sessions there are is what a handler asks it for.
struct Call {
  // REQUIRES: `who` is not null.
  explicit Call(SharedCaller who) : caller(std::move(who)) {}

  SharedCaller caller;
  absl::Time deadline = absl::InfiniteFuture();
  std::function<bool()> cancelled = [] {
    return false;
  };  // may be asked from any thread while the call lives

  // Whether the thread that has the call may wait for the store, and read much. The one that serves
  // all calls may not: such calls go on elsewhere, with a copy of theirs (go_on_elsewhere.h).
  bool may_take_long = false;

  const std::string& tenant() const { return caller->tenant; }

  // The caller's thing of this name; a view of both.
  OwnedName Own(absl::string_view name) const { return {tenant(), name}; }
};

// Takes the outcome of a call, once. The request and response given to the handler live until then.
using Done = absl::AnyInvocable<void(absl::Status)>;

}  // namespace cellar

#endif  // CELLAR_SERVER_API_API_H_
