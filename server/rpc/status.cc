#include "server/rpc/status.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/base/error.h"
#include "server/base/wire_text.h"

namespace cellar {
namespace {

constexpr char kDomain[] = "cellar";
constexpr size_t kMaxMetadataEntries = 16;
constexpr size_t kMaxMetadataBytes = 128;  // of a key or a value
constexpr size_t kMaxNameBytes = 256;      // of a resource or a field's path
constexpr size_t kMaxDescriptionBytes = 512;

// Room for the last violation, which tells how many were left out.
constexpr size_t kLastViolationBytes = 64;

// What packing adds to a message: its type's URL and lengths, with room to spare.
constexpr size_t kPackingBytes = 80;

// Maps in the order of their keys: equal errors travel as equal bytes, so that nobody can tell from
// them what the messages do not say.
std::string Serialized(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream out(&stream);
  out.SetSerializationDeterministic(true);
  message.SerializePartialToCodedStream(&out);
  out.Trim();
  return bytes;
}

void Pack(const google::protobuf::Message& detail, google::rpc::Status* status) {
  google::protobuf::Any& any = *status->add_details();
  any.set_type_url("type.googleapis.com/" + detail.GetDescriptor()->full_name());
  any.set_value(Serialized(detail));
}

void PackErrorInfo(const ErrorDetail& detail, google::rpc::Status* status) {
  google::rpc::ErrorInfo info;
  info.set_domain(kDomain);
  info.set_reason(WireText(detail.reason, kMaxMetadataBytes));
  const size_t count = std::min(detail.metadata.size(), kMaxMetadataEntries);
  for (size_t i = 0; i < count; ++i) {
    const auto& [key, value] = detail.metadata[i];
    (*info.mutable_metadata())[WireText(key, kMaxMetadataBytes)] =
        WireText(value, kMaxMetadataBytes);
  }
  Pack(info, status);
}

void PackResourceInfo(const ErrorDetail& detail, google::rpc::Status* status) {
  if (detail.resource_type.empty()) return;
  google::rpc::ResourceInfo info;
  info.set_resource_type(WireText(detail.resource_type, kMaxMetadataBytes));
  info.set_resource_name(WireText(detail.resource_name, kMaxNameBytes));
  Pack(info, status);
}

void PackQuotaFailure(const ErrorDetail& detail, google::rpc::Status* status) {
  if (detail.quota_subject.empty()) return;
  google::rpc::QuotaFailure failure;
  google::rpc::QuotaFailure::Violation* violation = failure.add_violations();
  violation->set_subject(WireText(detail.quota_subject, kMaxMetadataBytes));
  violation->set_description(WireText(status->message(), kMaxDescriptionBytes));
  Pack(failure, status);
}

void PackRetryInfo(const ErrorDetail& detail, google::rpc::Status* status) {
  if (!detail.retry_delay.has_value()) return;
  absl::Duration rest = *detail.retry_delay;
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(absl::IDivDuration(rest, absl::Seconds(1), &rest));
  info.mutable_retry_delay()->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  Pack(info, status);
}

// Last of all: takes the room that the others have left.
void PackBadRequest(const ErrorDetail& detail, google::rpc::Status* status) {
  if (detail.violations.empty()) return;
  const size_t room = kMaxDetailsBytes - kPackingBytes - kLastViolationBytes;
  google::rpc::BadRequest bad_request;
  size_t used = status->ByteSizeLong();
  for (const FieldViolation& violation : detail.violations) {
    google::rpc::BadRequest::FieldViolation message;
    message.set_field(WireText(violation.field, kMaxNameBytes));
    message.set_description(WireText(violation.description, kMaxDescriptionBytes));
    used += message.ByteSizeLong() + 3;  // tag and length
    if (used > room) break;
    *bad_request.add_field_violations() = std::move(message);
  }
  const size_t left_out = detail.violations.size() - bad_request.field_violations_size();
  if (left_out > 0) {
    bad_request.add_field_violations()->set_description(
        absl::StrCat(left_out, " more violations are not listed here"));
  }
  Pack(bad_request, status);
}

std::string SerializedDetails(const absl::Status& status, absl::string_view message,
                              const ErrorDetail& detail) {
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(std::string(message));
  PackErrorInfo(detail, &details);
  PackResourceInfo(detail, &details);
  PackQuotaFailure(detail, &details);
  PackRetryInfo(detail, &details);
  PackBadRequest(detail, &details);
  if (details.ByteSizeLong() <= kMaxDetailsBytes) return details.SerializeAsString();

  // Only a detail far beyond what our errors hold comes here: its reason is what matters most.
  details.clear_details();
  ErrorDetail reason_only;
  reason_only.reason = detail.reason;
  PackErrorInfo(reason_only, &details);
  return details.SerializeAsString();
}

bool IsBrokenPromise(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnknown ||
         status.code() == absl::StatusCode::kInternal;
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const std::string message = WireMessage(status.message(), kMaxMessageBytes);
  const std::optional<ErrorDetail> detail = GetErrorDetail(status);
  if (detail.has_value() && !detail->reason.empty()) {
    return grpc::Status(static_cast<grpc::StatusCode>(status.code()), message,
                        SerializedDetails(status, message, *detail));
  }
  if (!IsBrokenPromise(status)) {
    return grpc::Status(static_cast<grpc::StatusCode>(status.code()), message);
  }
  ErrorDetail broken;
  broken.reason = "INTERNAL";
  return ToGrpcStatus(MakeError(absl::StatusCode::kInternal, status.message(), broken));
}

}  // namespace cellar
