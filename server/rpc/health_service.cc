#include "server/rpc/health_service.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "server/base/status_macros.h"
#include "server/rpc/status.h"
#include "server/rpc/wires.h"

namespace cellar {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using CheckWire = UnaryWire<HealthCheckResponse>;
using WatchWire = DownloadWire<HealthCheckResponse>;

// What a watch keeps for as long as its client likes must be little. gRPC's own service drew the
// line at 200 bytes for the name.
constexpr int64_t kMaxRequestBytes = 256;

Reactor* Refuse(Wire& wire, const absl::Status& status) {
  wire.Finish(ToGrpcStatus(status));
  return NothingMore();
}

}  // namespace

// One call of Watch: writes the status when it is not what was written last.
class HealthService::Watcher final : public Reactor {
 public:
  Watcher(HealthService& service, WatchWire& wire, std::string watched)
      : service_(service), wire_(wire), watched_(std::move(watched)) {}

  // Looks at the status again.
  void Look() {
    bool write = false;
    {
      absl::MutexLock lock(&mutex_);
      if (writing_ || finished_) return;
      const HealthCheckResponse::ServingStatus now = service_.StatusOf(watched_);
      write = !gone_ && now != written_;
      if (!write && !gone_) return;
      writing_ = write;
      finished_ = gone_;
      written_ = now;
      response_.set_status(now);
    }
    if (write) {
      wire_.Write(response_);
    } else {
      wire_.Finish(grpc::Status::CANCELLED);
    }
  }

 private:
  void OnWriteDone(bool ok) override {
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      gone_ = gone_ || !ok;
    }
    Look();
  }

  void OnCancel() override {
    {
      absl::MutexLock lock(&mutex_);
      gone_ = true;
    }
    Look();
  }

  void OnDone() override {
    std::shared_ptr<Watcher> self;  // the last thing to go
    absl::MutexLock lock(&service_.mutex_);
    const auto found = service_.watchers_.find(this);
    self = std::move(found->second);
    service_.watchers_.erase(found);
  }

  HealthService& service_;
  WatchWire& wire_;  // until OnDone
  const std::string watched_;
  HealthCheckResponse response_;  // gRPC's while it is written

  absl::Mutex mutex_;
  std::optional<HealthCheckResponse::ServingStatus> written_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

HealthService::HealthService(std::vector<std::string> services)
    : RawService(*HealthCheckRequest::descriptor()->file()), services_(std::move(services)) {}

HealthService::~HealthService() = default;

void HealthService::Serve(CallQueue& queue) {
  CheckWire::Serve(queue, *this, "Check", [this](CheckWire& wire) {
    const absl::StatusOr<std::string> service = ServiceIn(wire.request());
    if (!service.ok()) return Refuse(wire, service.status());
    const HealthCheckResponse::ServingStatus status = StatusOf(*service);
    if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
      return Refuse(wire, absl::NotFoundError("there is no such service"));
    }
    wire.response()->set_status(status);
    wire.Finish(grpc::Status::OK);
    return NothingMore();
  });
  WatchWire::Serve(queue, *this, "Watch", [this](WatchWire& wire) -> Reactor* {
    absl::StatusOr<std::string> service = ServiceIn(wire.request());
    if (!service.ok()) return Refuse(wire, service.status());
    const auto watcher = std::make_shared<Watcher>(*this, wire, *std::move(service));
    {
      absl::MutexLock lock(&mutex_);
      if (watchers_.size() >= kMaxWatches) {
        return Refuse(wire, absl::ResourceExhaustedError("health is watched by too many already"));
      }
      watchers_.emplace(watcher.get(), watcher);
    }
    watcher->Look();
    return watcher.get();
  });
}

absl::StatusOr<std::string> HealthService::ServiceIn(Incoming& request) {
  if (request.bytes() > kMaxRequestBytes) {
    return absl::InvalidArgumentError("the request is longer than any name of a service");
  }
  HealthCheckRequest message;
  CELLAR_RETURN_IF_ERROR(request.ReadInto(&message));
  return message.service();
}

void HealthService::SetServing(bool serving) {
  serving_.store(serving);
  std::vector<std::shared_ptr<Watcher>> watchers;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [key, watcher] : watchers_) watchers.push_back(watcher);
  }
  for (const auto& watcher : watchers) watcher->Look();
}

HealthCheckResponse::ServingStatus HealthService::StatusOf(const std::string& service) const {
  const bool known =
      service.empty() || std::find(services_.begin(), services_.end(), service) != services_.end();
  if (!known) return HealthCheckResponse::SERVICE_UNKNOWN;
  return serving_.load() ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

}  // namespace cellar
