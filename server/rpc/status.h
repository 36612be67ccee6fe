// From absl::Status to what travels: grpc::Status with a google.rpc.Status in its details. The only
// such place.
//
// What travels is bounded, because clients refuse more than 8 KiB of trailing headers: texts are
// cut, and violations that do not fit are left out, with a last one that tells how many.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_RPC_STATUS_H_
#define CELLAR_SERVER_RPC_STATUS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace cellar {

// Most bytes of the message as it is sent (percent-encoded) and of the details before they are
// encoded (base64 makes 4 out of 3). Together with keys: 1 + 6 + 0.2 KiB, below the 8 KiB that
// clients accept by default.
inline constexpr size_t kMaxMessageBytes = 1024;
inline constexpr size_t kMaxDetailsBytes = 4608;

// The code, message and detail (base/error.h) of `status` as google.rpc messages: ErrorInfo (domain
// `cellar`) always, ResourceInfo, QuotaFailure, RetryInfo and BadRequest where there is something
// to tell. A status without a reason keeps its code and message, but for UNKNOWN and INTERNAL:
// those are a broken promise of ours and become INTERNAL with reason INTERNAL.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_STATUS_H_
