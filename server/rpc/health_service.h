// grpc.health.v1.Health: whether the server and each of its services answer. Anybody may ask, also
// while it drains, and no call of it is charged to anybody; so what strangers can make it hold is
// little. Requests longer than any name of a service are INVALID_ARGUMENT; watches beyond
// Limits::watches are RESOURCE_EXHAUSTED. Of calls that should be over at once, checks and watches
// that have not said yet what they ask for, Limits::askers are open at most: one more ends the one
// that has been there longest, with RESOURCE_EXHAUSTED. Whoever asks as he comes, and takes his
// answer, is gone long before.
//
// Thread safety: SetServing may be called from any thread; Serve belongs to one.
// Ownership: the queue outlives it.
#ifndef CELLAR_SERVER_RPC_HEALTH_SERVICE_H_
#define CELLAR_SERVER_RPC_HEALTH_SERVICE_H_

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.pb.h"
#include "server/rpc/call_queue.h"
#include "server/rpc/raw_service.h"

namespace cellar {

class HealthService final : public RawService {
 public:
  struct Limits {
    // Open at once. Each watch is told the end of the server, which must not take long.
    size_t watches = 10'000;
    // Enough for those who mean well, who come with what they ask and take their answers; few,
    // because gRPC may hold a message as long as any for each.
    size_t askers = 64;
  };

  // Of `services`, by their full names. Nothing is served yet.
  explicit HealthService(std::vector<std::string> services);
  HealthService(std::vector<std::string> services, Limits limits);
  ~HealthService() override;

  // Takes the calls that come on `queue`. REQUIRES: the server is built.
  void Serve(CallQueue& queue);

  // From now on all services have this status; whoever watches is told.
  void SetServing(bool serving);

 private:
  class Asker;
  class Checker;
  class Watcher;

  // SERVICE_UNKNOWN for a name that is none of ours.
  grpc::health::v1::HealthCheckResponse::ServingStatus StatusOf(const std::string& service) const;

  const std::vector<std::string> services_;
  const Limits limits_;
  std::atomic<bool> serving_{false};

  // Of the queue's thread.
  std::list<Asker*> askers_;  // who has been there longest first
  size_t watch_count_ = 0;    // of watches that have said what they watch

  absl::Mutex mutex_;
  absl::flat_hash_map<const Watcher*, std::shared_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_HEALTH_SERVICE_H_
