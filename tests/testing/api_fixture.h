// An Api with everything behind it, in this process: a clock whose hands the test turns, and one
// worker.
//
// Thread safety: as the parts of the Api; the fixture itself belongs to the test's thread.
#ifndef CELLAR_TESTS_TESTING_API_FIXTURE_H_
#define CELLAR_TESTS_TESTING_API_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/notification.h"
#include "cellar/v1/session_service.pb.h"
#include "server/api/api.h"
#include "server/api/session_handlers.h"
#include "server/api/step_handlers.h"
#include "server/base/error.h"
#include "server/session/session_restorer.h"
#include "tests/testing/fake_clock.h"

namespace cellar {

struct ApiFixtureOptions {
  ApiLimits limits = {};
  SessionTable::Limits sessions = {};
  ModelRegistry::Limits models = {};
  ExerciseRegistry::Limits exercises = {};
  Scheduler::Options scheduler = {.worker_count = 1};
  RecordStore* store = nullptr;  // what it has is taken in; outlives the fixture
  SessionKeeper::Options keeping = {};
  absl::Time now = FakeClock::Start();
};

class ApiFixture {
 public:
  explicit ApiFixture(const ApiFixtureOptions& options = {});

  Api& api() { return api_; }

  // Lines for the operator, and what became of the sessions of an earlier fixture on the store.
  const std::vector<std::string>& log() const { return log_; }
  const RestoredSessions& restored() const { return restored_; }

  // As a server that drains: everything is written. REQUIRES: there is a store.
  absl::Status EndInOrder();
  FakeClock& clock() { return clock_; }

  // Adds a model and returns its name.
  std::string AddModel(std::shared_ptr<const Model> model);

  // Creates sessions/{id} on a model of AddModel; REQUIRES: that succeeds.
  v1::Session NewSession(const std::string& id, const std::string& model,
                         const v1::Session& settings = {});

  // The session in view FULL, its state in RAW; REQUIRES: it is there.
  v1::Session Get(const std::string& id);

  // A handler that calls back, called and waited for.
  template <class Request, class Response>
  absl::StatusOr<Response> Await(void (*handler)(Api&, const Call&, const Request&, Response*,
                                                 Done),
                                 const Request& request, const Call& call = Call(LocalCaller())) {
    Response response;
    absl::Status status;
    absl::Notification called;
    handler(api_, call, request, &response, [&](absl::Status outcome) {
      status = std::move(outcome);
      called.Notify();
    });
    called.WaitForNotification();
    if (!status.ok()) return status;
    return response;
  }

  // A handler that returns.
  template <class Request, class Response>
  absl::StatusOr<Response> Ask(absl::Status (*handler)(Api&, const Call&, const Request&,
                                                       Response*),
                               const Request& request, const Call& call = Call(LocalCaller())) {
    Response response;
    absl::Status status = handler(api_, call, request, &response);
    if (!status.ok()) return status;
    return response;
  }

  // The same for one that takes the request apart.
  template <class Request, class Response>
  absl::StatusOr<Response> Ask(absl::Status (*handler)(Api&, const Call&, Request&&, Response*),
                               Request request, const Call& call = Call(LocalCaller())) {
    Response response;
    absl::Status status = handler(api_, call, std::move(request), &response);
    if (!status.ok()) return status;
    return response;
  }

 private:
  FakeClock clock_;
  std::vector<std::string> log_;
  std::unique_ptr<GroupWriter> writer_;
  std::unique_ptr<SessionKeeper> keeper_;
  RestoredSessions restored_;
  ModelRegistry models_;
  SessionTable sessions_;
  ExerciseRegistry exercises_;
  TenantTally call_bytes_;
  Scheduler scheduler_;
  Api api_;
};

// Keeps a session's turn until it is destroyed or opened: whatever is scheduled meanwhile waits. If
// there is no such session, it keeps the worker all the same.
class TurnBlocker {
 public:
  TurnBlocker(Api& api, const std::string& session_name);
  ~TurnBlocker() { Open(); }

  // Lets the others have their turns and returns when all have had them.
  void Open();

 private:
  Api& api_;
  absl::Notification opened_;
};

// A request that steps `session` ("sessions/{id}") through scalars.
v1::StepRequest StepOf(const std::string& session, const std::vector<double>& inputs,
                       std::optional<int64_t> step_index = std::nullopt);

// A tensor of values.
v1::Tensor ValuesOf(const std::vector<double>& values, const std::vector<int64_t>& shape = {});

// The paths of a BAD_REQUEST's violations, in their order; "not BAD_REQUEST: ..." for another
// status.
std::vector<std::string> ViolatedFields(const absl::Status& status);

// The value of a key of the status' metadata; empty if there is none.
std::string MetadataOf(const absl::Status& status, absl::string_view key);

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_API_FIXTURE_H_
