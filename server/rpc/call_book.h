// What becomes of calls: every end is counted, by method and code, and a failure is told to the
// log, with an id that its caller is told as well.
//
// A line of the log has method, code, reason, the ids of request and session, tenant and the name
// of the identity: never the message of an error, which may quote what was sent (but for a promise
// that the server broke, whose words are all ours).
//
// Thread safety: all methods may be called from any thread. An end that is a success takes no lock.
// Ownership: `counts`, `log` and `clock` outlive the book.
#ifndef CELLAR_SERVER_RPC_CALL_BOOK_H_
#define CELLAR_SERVER_RPC_CALL_BOOK_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/server_context.h"
#include "server/api/api_counts.h"
#include "server/base/clock.h"
#include "server/base/counter.h"
#include "server/base/log.h"
#include "server/base/metrics.h"
#include "server/identity/caller.h"

namespace cellar {

// Metadata: what a client may call its request, and what a failed call tells it was called.
inline constexpr char kRequestIdSent[] = "x-request-id";
inline constexpr char kRequestIdTold[] = "cellar-request-id";

class CallBook {
 public:
  // `epoch` tells request ids of this run from those of others.
  CallBook(ApiCounts& counts, Log& log, Clock& clock, std::string epoch);

  // Notes how a call of the method that takes `request` ends; a failure gets its id into the
  // trailing metadata. `caller` may be null: nobody who is known. REQUIRES: called once, just
  // before gRPC is told.
  void Note(grpc::ServerContextBase& context, const google::protobuf::Descriptor& request,
            const Caller* caller, const absl::Status& status);

  // Calls that ended, with the labels method and code.
  std::vector<MetricSample> Ended() const;

 private:
  static constexpr size_t kCodeCount = 17;
  struct Method {
    std::string name;  // "SessionService.Step"
    Counter successes;
    std::array<std::atomic<int64_t>, kCodeCount> failures{};  // by code
  };

  // So many lines a second are written of failures for one reason (or of a few that share a place).
  static constexpr int64_t kLinesPerSecond = 10;
  static constexpr size_t kRateCount = 64;

  void Tell(const Method* method, const Caller* caller, absl::string_view request_id,
            const absl::Status& status);

  // What the client calls its request, if that is fit for a log; else an id of ours.
  std::string RequestId(const grpc::ServerContextBase& context);

  ApiCounts& counts_;
  Log& log_;
  Clock& clock_;
  const std::string epoch_;
  // Constant after construction, but for the numbers in it.
  absl::flat_hash_map<const google::protobuf::Descriptor*, std::unique_ptr<Method>> methods_;
  std::atomic<int64_t> next_request_{1};
  std::vector<std::unique_ptr<LogRate>> rates_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_CALL_BOOK_H_
