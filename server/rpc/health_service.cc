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

absl::Status TooManyAskers() {
  return absl::ResourceExhaustedError("too many ask for health and say no more, or take no answer");
}

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

// A call that should be over at once. All of it happens on the queue's thread.
class HealthService::Asker : public Reactor {
 protected:
  explicit Asker(HealthService& service) : service_(service) {
    if (service_.askers_.size() >= service_.limits_.askers) {
      Asker& first = *service_.askers_.front();
      first.Part();
      first.GiveUp();
    }
    place_ = service_.askers_.insert(service_.askers_.end(), this);
  }

  // Is no asker any more.
  void Part() {
    if (place_.has_value()) service_.askers_.erase(*place_);
    place_.reset();
  }

  HealthService& service_;

 private:
  // Ends the call, with TooManyAskers if it has no other end yet.
  virtual void GiveUp() = 0;

  std::optional<std::list<Asker*>::iterator> place_;  // while it is one
};

// One call of Check; deletes itself.
class HealthService::Checker final : public Asker {
 public:
  Checker(HealthService& service, CheckWire& wire) : Asker(service), wire_(wire) {
    wire.Read(&request_);
  }

 private:
  void OnReadDone(bool ok) override {
    if (!finished_) Finish(Answer(ok));
  }
  void OnDone() override {
    Part();
    delete this;
  }

  void GiveUp() override {
    if (!finished_) return Finish(TooManyAskers());
    wire_.context().TryCancel();  // nobody takes the answer
  }

  void Finish(const absl::Status& status) {
    finished_ = true;
    wire_.Finish(ToGrpcStatus(status));
  }

  absl::Status Answer(bool came) {
    CELLAR_ASSIGN_OR_RETURN(const std::string service, ServiceIn(came, request_));
    const HealthCheckResponse::ServingStatus status = service_.StatusOf(service);
    if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
      return absl::NotFoundError("there is no such service");
    }
    wire_.response()->set_status(status);
    return absl::OkStatus();
  }

  CheckWire& wire_;  // until OnDone
  Incoming request_;
  bool finished_ = false;
};

// One call of Watch: writes the status when it is not what was written last.
class HealthService::Watcher final : public Asker {
 public:
  Watcher(HealthService& service, WatchWire& wire) : Asker(service), wire_(wire) {}

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
    const absl::StatusOr<std::string> service = Admit(ServiceIn(ok, request_));
    Part();
    if (!service.ok()) return End(service.status());
    {
      absl::MutexLock lock(&mutex_);
      if (!finished_) watched_ = *service;
    }
    Look();
  }

  // Whether it may watch that service.
  absl::StatusOr<std::string> Admit(absl::StatusOr<std::string> service) {
    if (!service.ok()) return service;
    if (service_.watch_count_ >= service_.limits_.watches) {
      return absl::ResourceExhaustedError("health is watched by too many already");
    }
    ++service_.watch_count_;
    counted_ = true;
    return service;
  }

  void GiveUp() override { End(TooManyAskers()); }

  // Ends the call, unless it has an end.
  void End(const absl::Status& status) {
    {
      absl::MutexLock lock(&mutex_);
      if (std::exchange(finished_, true)) return;
    }
    wire_.Finish(ToGrpcStatus(status));
  }

  void OnWriteDone() override {
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
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
    Part();
    if (counted_) --service_.watch_count_;
    std::shared_ptr<Watcher> self;  // the last thing to go
    absl::MutexLock lock(&service_.mutex_);
    const auto found = service_.watchers_.find(this);
    self = std::move(found->second);
    service_.watchers_.erase(found);
  }

  WatchWire& wire_;  // until OnDone
  Incoming request_;
  bool counted_ = false;          // the queue's thread's
  HealthCheckResponse response_;  // gRPC's while it is written

  absl::Mutex mutex_;
  std::optional<std::string> watched_ ABSL_GUARDED_BY(mutex_);  // once the request is there
  std::optional<HealthCheckResponse::ServingStatus> written_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

HealthService::HealthService(std::vector<std::string> services)
    : HealthService(std::move(services), Limits()) {}

HealthService::HealthService(std::vector<std::string> services, Limits limits)
    : RawService(*HealthCheckRequest::descriptor()->file()),
      services_(std::move(services)),
      limits_(limits) {}

HealthService::~HealthService() = default;

void HealthService::Serve(CallQueue& queue) {
  CheckWire::Serve(queue, *this, "Check",
                   [this](CheckWire& wire) { return new Checker(*this, wire); });
  WatchWire::Serve(queue, *this, "Watch", [this](WatchWire& wire) -> Reactor* {
    const auto watcher = std::make_shared<Watcher>(*this, wire);
    {
      absl::MutexLock lock(&mutex_);
      watchers_.emplace(watcher.get(), watcher);
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
