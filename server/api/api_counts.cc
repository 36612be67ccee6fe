#include "server/api/api_counts.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cellar/v1/error_reason.pb.h"
#include "server/api/batch_step.h"
#include "server/base/error.h"

namespace cellar {
namespace {

constexpr char kReasonPrefix[] = "ERROR_REASON_";
constexpr int kMostCode = 16;  // UNAUTHENTICATED

// Every reason there is, and every code.
std::vector<std::string> FailureWords() {
  std::vector<std::string> words;
  const google::protobuf::EnumDescriptor& reasons = *v1::ErrorReason_descriptor();
  words.reserve(static_cast<size_t>(reasons.value_count()) + kMostCode);
  for (int i = 0; i < reasons.value_count(); ++i) {
    words.emplace_back(absl::StripPrefix(reasons.value(i)->name(), kReasonPrefix));
  }
  for (int code = 1; code <= kMostCode; ++code) {
    words.push_back(absl::StatusCodeToString(static_cast<absl::StatusCode>(code)));
  }
  return words;
}

}  // namespace

ApiCounts::ApiCounts() : batch_items(CountBounds(kMaxBatchItems)), failures(FailureWords()) {}

void ApiCounts::AddFailure(const absl::Status& status) {
  const std::string reason = GetErrorReason(status);
  failures.Add(reason.empty() ? absl::StatusCodeToString(status.code()) : reason);
}

}  // namespace cellar
