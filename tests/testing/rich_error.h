// What a client finds in a failed call beyond its code and message.
//
// Thread safety: pure functions.
#ifndef CELLAR_TESTS_TESTING_RICH_ERROR_H_
#define CELLAR_TESTS_TESTING_RICH_ERROR_H_

#include <optional>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

namespace cellar {

// The detail of this type, if there is one.
template <class Detail>
std::optional<Detail> FindDetail(const grpc::Status& status) {
  google::rpc::Status rich;
  if (!rich.ParseFromString(status.error_details())) return std::nullopt;
  Detail detail;
  for (const auto& any : rich.details()) {
    if (any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

// The reason, empty if none was sent; "code differs" if the details tell another code.
inline std::string SentReason(const grpc::Status& status) {
  google::rpc::Status rich;
  if (status.error_details().empty() || !rich.ParseFromString(status.error_details())) return "";
  if (rich.code() != status.error_code()) return "code differs";
  return FindDetail<google::rpc::ErrorInfo>(status).value_or(google::rpc::ErrorInfo()).reason();
}

// The value of a key of the metadata, empty if there is none.
inline std::string SentMetadata(const grpc::Status& status, const std::string& key) {
  const auto info = FindDetail<google::rpc::ErrorInfo>(status);
  if (!info.has_value() || !info->metadata().contains(key)) return "";
  return info->metadata().at(key);
}

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_RICH_ERROR_H_
