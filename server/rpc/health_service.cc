#include "server/rpc/health_service.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/rpc/wires.h"

namespace cellar {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using CheckWire = UnaryWire<HealthCheckRequest, HealthCheckResponse>;
using WatchWire = DownloadWire<HealthCheckRequest, HealthCheckResponse>;

// What a watch keeps for as long as its client likes must be little. gRPC's own service drew the
// line at 200 bytes for the name.
constexpr size_t kMaxRequestBytes = 256;

bool IsTooLong(const HealthCheckRequest& request) {
  return request.ByteSizeLong() > kMaxRequestBytes;
}

grpc::Status TooLong() {
  return {grpc::StatusCode::INVALID_ARGUMENT, "the request is longer than any name of a service"};
}

}  // namespace

// One call of Watch: writes the status when it is not what was written last.
class HealthService::Watcher final : public Reactor {
 public:
  Watcher(HealthService& service, WatchWire& wire) : service_(service), wire_(wire) {}

  // Looks at the status again.
  void Look() {
    bool write = false;
    {
      absl::MutexLock lock(&mutex_);
      if (writing_ || finished_) return;
      const HealthCheckResponse::ServingStatus now = service_.StatusOf(wire_.request().service());
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
  WatchWire& wire_;               // until OnDone
  HealthCheckResponse response_;  // gRPC's while it is written

  absl::Mutex mutex_;
  std::optional<HealthCheckResponse::ServingStatus> written_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

HealthService::HealthService(std::vector<std::string> services) : services_(std::move(services)) {}

HealthService::~HealthService() = default;

void HealthService::Serve(CallQueue& queue) {
  CheckWire::Serve(queue, *this, &HealthService::RequestCheck, [this](CheckWire& wire) {
    if (IsTooLong(wire.request())) {
      wire.Finish(TooLong());
      return NothingMore();
    }
    const HealthCheckResponse::ServingStatus status = StatusOf(wire.request().service());
    wire.response()->set_status(status);
    wire.Finish(status == HealthCheckResponse::SERVICE_UNKNOWN
                    ? grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no such service")
                    : grpc::Status::OK);
    return NothingMore();
  });
  WatchWire::Serve(queue, *this, &HealthService::RequestWatch, [this](WatchWire& wire) -> Reactor* {
    if (IsTooLong(wire.request())) {
      wire.Finish(TooLong());
      return NothingMore();
    }
    const auto watcher = std::make_shared<Watcher>(*this, wire);
    {
      absl::MutexLock lock(&mutex_);
      watchers_.emplace(watcher.get(), watcher);
    }
    watcher->Look();
    return watcher.get();
  });
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
