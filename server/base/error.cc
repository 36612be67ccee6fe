#include "server/base/error.h"

#include <cstdint>
#include <cstring>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace cellar {
namespace {

constexpr char kPayloadUrl[] = "cellar/error-detail";

// The payload is only ever read by this file in the same process: strings as a length and the
// bytes, in a fixed order.
class Writer {
 public:
  void Count(size_t count) {
    const uint64_t value = count;
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void String(absl::string_view text) {
    Count(text.size());
    bytes_.append(text.data(), text.size());
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(absl::string_view bytes) : bytes_(bytes) {}

  size_t Count() {
    uint64_t value = 0;
    std::memcpy(&value, bytes_.data(), sizeof(value));
    bytes_.remove_prefix(sizeof(value));
    return value;
  }
  std::string String() {
    const size_t size = Count();
    std::string text(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return text;
  }

 private:
  absl::string_view bytes_;
};

std::string Encode(const ErrorDetail& detail) {
  Writer out;
  out.String(detail.reason);
  out.Count(detail.metadata.size());
  for (const auto& [key, value] : detail.metadata) {
    out.String(key);
    out.String(value);
  }
  out.Count(detail.violations.size());
  for (const FieldViolation& violation : detail.violations) {
    out.String(violation.field);
    out.String(violation.description);
  }
  out.Count(detail.retry_delay.has_value() ? 1 : 0);
  if (detail.retry_delay.has_value()) {
    out.Count(static_cast<size_t>(absl::ToInt64Nanoseconds(*detail.retry_delay)));
  }
  out.String(detail.resource_type);
  out.String(detail.resource_name);
  out.String(detail.quota_subject);
  return out.Take();
}

ErrorDetail Decode(absl::string_view bytes) {
  Reader in(bytes);
  ErrorDetail detail;
  detail.reason = in.String();
  for (size_t n = in.Count(); n > 0; --n) {
    std::string key = in.String();
    detail.metadata.emplace_back(std::move(key), in.String());
  }
  for (size_t n = in.Count(); n > 0; --n) {
    std::string field = in.String();
    detail.violations.push_back({std::move(field), in.String()});
  }
  if (in.Count() == 1) detail.retry_delay = absl::Nanoseconds(static_cast<int64_t>(in.Count()));
  detail.resource_type = in.String();
  detail.resource_name = in.String();
  detail.quota_subject = in.String();
  return detail;
}

}  // namespace

absl::Status MakeError(absl::StatusCode code, absl::string_view message,
                       const ErrorDetail& detail) {
  absl::Status status(code, message);
  status.SetPayload(kPayloadUrl, absl::Cord(Encode(detail)));
  return status;
}

std::optional<ErrorDetail> GetErrorDetail(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return std::nullopt;
  return Decode(std::string(*payload));
}

std::string GetErrorReason(const absl::Status& status) {
  const auto detail = GetErrorDetail(status);
  return detail.has_value() ? detail->reason : "";
}

absl::Status BadRequest(FieldViolations violations) {
  if (violations.empty()) return absl::OkStatus();
  const FieldViolation& first = violations[0];
  std::string message =
      first.field.empty() ? first.description : absl::StrCat(first.field, ": ", first.description);
  if (violations.size() > 1) absl::StrAppend(&message, " (and ", violations.size() - 1, " more)");
  return MakeError(absl::StatusCode::kInvalidArgument, message,
                   {.reason = "BAD_REQUEST", .violations = std::move(violations)});
}

}  // namespace cellar
