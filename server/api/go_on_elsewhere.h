// Calls that cannot go on where they came in: they find a session asleep, or have much to read, and
// their thread, which serves all calls, must neither wait for the store nor read for long.
//
// They go on on a worker, those of one session in the order in which they came. Who asks for that
// session meanwhile goes the same way; so that a session's calls have their turns in order.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_API_GO_ON_ELSEWHERE_H_
#define CELLAR_SERVER_API_GO_ON_ELSEWHERE_H_

#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/api/api.h"

namespace cellar {

// Calls `go_on` exactly once: with OK on a worker, and a copy of the call that may take long; or
// with why it must not go on, perhaps before this returns. Errors: STEP_QUEUE_LIMIT,
// DEADLINE_PASSED, CANCELLED.
void GoOnElsewhere(Api& api, const Call& call, absl::string_view session,
                   absl::AnyInvocable<void(absl::Status, const Call&)> go_on);

// The same for a handler, which begins anew.
template <class Request, class Response>
void BeginElsewhere(void (*handler)(Api&, const Call&, const Request&, Response*, Done), Api& api,
                    const Call& call, absl::string_view session, const Request& request,
                    Response* response, Done done) {
  GoOnElsewhere(api, call, session,
                [handler, &api, &request, response, done = std::move(done)](
                    absl::Status may_run, const Call& patient) mutable {
                  if (!may_run.ok()) return done(std::move(may_run));
                  handler(api, patient, request, response, std::move(done));
                });
}

}  // namespace cellar

#endif  // CELLAR_SERVER_API_GO_ON_ELSEWHERE_H_
