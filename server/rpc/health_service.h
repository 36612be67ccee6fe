// grpc.health.v1.Health: whether the server and each of its services answer. Anybody may ask, also
// while it drains; so what strangers can make it hold is little: requests longer than any name of a
// service are INVALID_ARGUMENT, and watches beyond kMaxWatches RESOURCE_EXHAUSTED.
//
// Thread safety: SetServing may be called from any thread; Serve belongs to one.
// Ownership: the queue outlives it.
#ifndef CELLAR_SERVER_RPC_HEALTH_SERVICE_H_
#define CELLAR_SERVER_RPC_HEALTH_SERVICE_H_

#include <atomic>
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
  // Watches open at once. Each is told the end of the server, which must not take long.
  static constexpr size_t kMaxWatches = 10'000;

  // Of `services`, by their full names. Nothing is served yet.
  explicit HealthService(std::vector<std::string> services);
  ~HealthService() override;

  // Takes the calls that come on `queue`. REQUIRES: the server is built.
  void Serve(CallQueue& queue);

  // From now on all services have this status; whoever watches is told.
  void SetServing(bool serving);

 private:
  class Checker;
  class Watcher;

  // SERVICE_UNKNOWN for a name that is none of ours.
  grpc::health::v1::HealthCheckResponse::ServingStatus StatusOf(const std::string& service) const;

  const std::vector<std::string> services_;
  std::atomic<bool> serving_{false};

  absl::Mutex mutex_;
  absl::flat_hash_map<const Watcher*, std::shared_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_HEALTH_SERVICE_H_
