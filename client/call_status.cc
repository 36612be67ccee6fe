#include "client/call_status.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace cellar {
namespace {

constexpr char kPayloadUrl[] = "type.googleapis.com/google.rpc.Status";
// The same of a status that is no longer taken for one of a call.
constexpr char kMistakeUrl[] = "cellar/mistake";
constexpr char kDomain[] = "cellar";

void ReadDetail(const google::protobuf::Any& detail, CallError& error) {
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad_request;
  google::rpc::RetryInfo retry;
  if (detail.UnpackTo(&info)) {
    // A proxy on the way has reasons of its own; they are none of Cellar's.
    if (info.domain() != kDomain) return;
    error.reason = info.reason();
    error.metadata.insert(info.metadata().begin(), info.metadata().end());
  } else if (detail.UnpackTo(&bad_request)) {
    for (const auto& violation : bad_request.field_violations()) {
      error.fields.push_back({violation.field(), violation.description()});
    }
  } else if (detail.UnpackTo(&retry)) {
    error.retry_delay = absl::Seconds(retry.retry_delay().seconds()) +
                        absl::Nanoseconds(retry.retry_delay().nanos());
  }
}

}  // namespace

absl::Status FromCall(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  result.SetPayload(kPayloadUrl, absl::Cord(status.error_details()));
  return result;
}

absl::Status BrokenPromise(const std::string& what) {
  google::rpc::ErrorInfo info;
  info.set_domain(kDomain);
  info.set_reason("INTERNAL");
  google::rpc::Status rich;
  rich.set_code(grpc::StatusCode::INTERNAL);
  rich.add_details()->PackFrom(info);
  return FromCall(grpc::Status(grpc::StatusCode::INTERNAL,
                               absl::StrCat("the server broke its promise: ", what),
                               rich.SerializeAsString()));
}

bool IsFromCall(const absl::Status& status) { return status.GetPayload(kPayloadUrl).has_value(); }

absl::Status AsMistake(const absl::Status& status) {
  absl::Status result = status;
  const auto payload = result.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return result;
  result.ErasePayload(kPayloadUrl);
  result.SetPayload(kMistakeUrl, *payload);
  return result;
}

CallError GetCallError(const absl::Status& status) {
  CallError error;
  auto payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) payload = status.GetPayload(kMistakeUrl);
  google::rpc::Status message;
  if (!payload.has_value() || !message.ParseFromString(std::string(*payload))) return error;
  for (const auto& detail : message.details()) ReadDetail(detail, error);
  return error;
}

absl::Status WithMessage(const absl::Status& status, const std::string& message) {
  absl::Status told(status.code(), message);
  status.ForEachPayload(
      [&told](absl::string_view url, const absl::Cord& payload) { told.SetPayload(url, payload); });
  return told;
}

absl::Status WithFields(const absl::Status& status, const std::vector<RefusedField>& fields) {
  google::rpc::Status rich;
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value() || !rich.ParseFromString(std::string(*payload))) return status;
  for (google::protobuf::Any& detail : *rich.mutable_details()) {
    if (!detail.Is<google::rpc::BadRequest>()) continue;
    google::rpc::BadRequest bad_request;
    for (const RefusedField& field : fields) {
      auto& violation = *bad_request.add_field_violations();
      violation.set_field(field.field);
      violation.set_description(field.description);
    }
    detail.PackFrom(bad_request);
  }
  std::string message(status.message());
  if (fields.size() == 1) message = absl::StrCat(fields[0].field, ": ", fields[0].description);
  absl::Status result(status.code(), message);
  result.SetPayload(kPayloadUrl, absl::Cord(rich.SerializeAsString()));
  return result;
}

}  // namespace cellar
