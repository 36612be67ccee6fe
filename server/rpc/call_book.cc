#include "server/rpc/call_book.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cellar/v1/evaluation_service.pb.h"
#include "cellar/v1/grading_service.pb.h"
#include "cellar/v1/model_service.pb.h"
#include "cellar/v1/session_service.pb.h"
#include "server/base/error.h"

namespace cellar {
namespace {

constexpr size_t kMaxRequestIdBytes = 64;

bool IsFitForLog(absl::string_view id) {
  return !id.empty() && id.size() <= kMaxRequestIdBytes &&
         std::all_of(id.begin(), id.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

// Broken promises always; refusals, because somebody may have to make room or is not let in; what
// callers do wrong only for those who ask: a snapshot they bring is theirs, whatever is lost in it.
LogLevel LevelOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return LogLevel::kError;
    case absl::StatusCode::kDataLoss:
      return GetErrorReason(status) == "SNAPSHOT_CORRUPT" ? LogLevel::kDebug : LogLevel::kError;
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return LogLevel::kWarning;
    default:
      return LogLevel::kDebug;
  }
}

// The session that an error is about; empty if it is about none.
std::string SessionOf(const std::optional<ErrorDetail>& detail) {
  if (!detail.has_value()) return "";
  if (detail->resource_type == "session") return detail->resource_name;
  for (const auto& [key, value] : detail->metadata) {
    if (key == "session") return value;
  }
  return "";
}

}  // namespace

CallBook::CallBook(ApiCounts& counts, Log& log, Clock& clock, std::string epoch)
    : counts_(counts), log_(log), clock_(clock), epoch_(std::move(epoch)) {
  for (const google::protobuf::FileDescriptor* const file :
       {v1::CreateModelRequest::descriptor()->file(), v1::StepRequest::descriptor()->file(),
        v1::EvaluateRequest::descriptor()->file(), v1::GradeRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      const google::protobuf::ServiceDescriptor& service = *file->service(i);
      for (int j = 0; j < service.method_count(); ++j) {
        auto method = std::make_unique<Method>();
        method->name = absl::StrCat(service.name(), ".", service.method(j)->name());
        methods_.emplace(service.method(j)->input_type(), std::move(method));
      }
    }
  }
  for (size_t i = 0; i < kRateCount; ++i) {
    rates_.push_back(std::make_unique<LogRate>(kLinesPerSecond));
  }
}

void CallBook::Note(grpc::ServerContextBase& context, const google::protobuf::Descriptor& request,
                    const Caller* caller, const absl::Status& status) {
  const auto found = methods_.find(&request);
  Method* const method = found == methods_.end() ? nullptr : found->second.get();
  if (status.ok()) {
    if (method != nullptr) method->successes.Add();
    return;
  }
  if (method != nullptr) {
    const size_t code = std::min(static_cast<size_t>(status.code()), kCodeCount - 1);
    method->failures[code].fetch_add(1, std::memory_order_relaxed);
  }
  counts_.AddFailure(status);
  const std::string request_id = RequestId(context);
  context.AddTrailingMetadata(kRequestIdTold, request_id);
  if (log_.Shows(LevelOf(status))) Tell(method, caller, request_id, status);
}

void CallBook::Tell(const Method* method, const Caller* caller, absl::string_view request_id,
                    const absl::Status& status) {
  const std::optional<ErrorDetail> detail = GetErrorDetail(status);
  const std::string reason = detail.has_value() ? detail->reason : "";
  const std::string code = absl::StatusCodeToString(status.code());
  const size_t place = absl::HashOf(reason, code) % kRateCount;
  const std::optional<int64_t> left_out = rates_[place]->Take(clock_.Now());
  if (!left_out.has_value()) return;
  const LogLevel level = LevelOf(status);
  const std::string left_out_text = *left_out > 0 ? absl::StrCat(*left_out) : "";
  const std::string session = SessionOf(detail);
  log_.Write(level, "call-failed",
             {{"method", method == nullptr ? "" : method->name},
              {"code", code},
              {"reason", reason},
              {"request", request_id},
              {"tenant", caller == nullptr ? "" : caller->tenant},
              {"identity", caller == nullptr ? "" : caller->name},
              {"session", session},
              {"message", level == LogLevel::kError ? status.message() : ""},
              {"left_out", left_out_text}});
}

std::string CallBook::RequestId(const grpc::ServerContextBase& context) {
  const auto [first, last] = context.client_metadata().equal_range(kRequestIdSent);
  if (first != last && std::next(first) == last) {
    const absl::string_view sent(first->second.data(), first->second.size());
    if (IsFitForLog(sent)) return std::string(sent);
  }
  return absl::StrCat(epoch_, "-", next_request_.fetch_add(1, std::memory_order_relaxed));
}

std::vector<MetricSample> CallBook::Ended() const {
  std::vector<MetricSample> samples;
  const auto add = [&](const Method& method, size_t code, int64_t count) {
    if (count == 0) return;
    const std::string name = absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
    samples.push_back({{{"method", method.name}, {"code", name}}, static_cast<double>(count)});
  };
  for (const auto& [request, method] : methods_) {
    add(*method, 0, method->successes.Value());
    for (size_t code = 1; code < kCodeCount; ++code) {
      add(*method, code, method->failures[code].load(std::memory_order_relaxed));
    }
  }
  std::sort(samples.begin(), samples.end(),
            [](const MetricSample& a, const MetricSample& b) { return a.labels < b.labels; });
  return samples;
}

}  // namespace cellar
