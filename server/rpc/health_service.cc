#include "server/rpc/health_service.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "server/base/status_macros.h"
#include "server/rpc/incoming.h"
#include "server/rpc/rpc_errors.h"
#include "server/rpc/status.h"
#include "server/rpc/wires.h"

namespace cellar {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using CheckWire = AnswerWire<HealthCheckResponse>;
using WatchWire = StreamWire<HealthCheckResponse>;

// What a watch keeps for as long as its client likes must be little. gRPC's own service drew the
// line at 200 bytes for the name.
constexpr int64_t kMaxRequestBytes = 256;

// Whose status `request` asks for; `came`: whether there is one. Errors: there is none, it is too
// long, or no request.
absl::StatusOr<std::string> ServiceIn(bool came, Incoming& request) {
  if (!came) return NoMessage(*HealthCheckRequest::descriptor());
  if (request.bytes() > kMaxRequestBytes) {
    return absl::InvalidArgumentError("the request is longer than any name of a service");
  }
  HealthCheckRequest message;
  CELLAR_RETURN_IF_ERROR(request.ReadInto(&message));
  return message.service();
}

}  // namespace

// One call of Check; deletes itself.
class HealthService::Checker final : public Reactor {
 public:
  Checker(HealthService& service, CheckWire& wire) : service_(service), wire_(wire) {
    wire.Read(&request_);
  }

 private:
  void OnReadDone(bool ok) override { wire_.Finish(ToGrpcStatus(Answer(ok))); }
  void OnDone() override { delete this; }

  absl::Status Answer(bool came) {
    CELLAR_ASSIGN_OR_RETURN(const std::string service, ServiceIn(came, request_));
    const HealthCheckResponse::ServingStatus status = service_.StatusOf(service);
    if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
      return absl::NotFoundError("there is no such service");
    }
    wire_.response()->set_status(status);
    return absl::OkStatus();
  }

  HealthService& service_;
  CheckWire& wire_;  // until OnDone
  Incoming request_;
};

// One call of Watch: writes the status when it is not what was written last.
class HealthService::Watcher final : public Reactor {
 public:
  Watcher(HealthService& service, WatchWire& wire) : service_(service), wire_(wire) {}

  // Begins.
  void Start() { wire_.Read(&request_); }

  // Looks at the status again.
  void Look() {
    bool write = false;
    {
      absl::MutexLock lock(&mutex_);
      if (writing_ || finished_ || (!gone_ && !watched_.has_value())) return;
      const HealthCheckResponse::ServingStatus now = service_.StatusOf(watched_.value_or(""));
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
  void OnReadDone(bool ok) override {
    const absl::StatusOr<std::string> service = ServiceIn(ok, request_);
    {
      absl::MutexLock lock(&mutex_);
      if (finished_) return;
      finished_ = !service.ok();
      if (service.ok()) watched_ = *service;
    }
    if (!service.ok()) return wire_.Finish(ToGrpcStatus(service.status()));
    Look();
  }

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
  Incoming request_;
  HealthCheckResponse response_;  // gRPC's while it is written

  absl::Mutex mutex_;
  std::optional<std::string> watched_ ABSL_GUARDED_BY(mutex_);  // once the request is there
  std::optional<HealthCheckResponse::ServingStatus> written_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

HealthService::HealthService(std::vector<std::string> services)
    : RawService(*HealthCheckRequest::descriptor()->file()), services_(std::move(services)) {}

HealthService::~HealthService() = default;

void HealthService::Serve(CallQueue& queue) {
  CheckWire::Serve(queue, *this, "Check",
                   [this](CheckWire& wire) { return new Checker(*this, wire); });
  WatchWire::Serve(queue, *this, "Watch", [this](WatchWire& wire) -> Reactor* {
    const auto watcher = std::make_shared<Watcher>(*this, wire);
    const bool taken = [&] {
      absl::MutexLock lock(&mutex_);
      return watchers_.size() < kMaxWatches && watchers_.emplace(watcher.get(), watcher).second;
    }();
    if (!taken) {
      wire.Finish(
          ToGrpcStatus(absl::ResourceExhaustedError("health is watched by too many already")));
      return NothingMore();
    }
    watcher->Start();
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
