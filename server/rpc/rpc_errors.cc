#include "server/rpc/rpc_errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/error.h"

namespace cellar {
namespace {

// About what a restarted or replaced server takes to be there again.
constexpr absl::Duration kDrainingRetryDelay = absl::Seconds(1);

}  // namespace

absl::Status Draining() {
  ErrorDetail detail;
  detail.reason = "DRAINING";
  detail.retry_delay = kDrainingRetryDelay;
  return MakeError(absl::StatusCode::kUnavailable,
                   "the server is shutting down; nothing that was not answered was applied: try "
                   "another server, or this one later",
                   detail);
}

absl::Status MessageSizeLimit(int64_t message_bytes, int64_t limit_bytes) {
  ErrorDetail detail;
  detail.reason = "MESSAGE_SIZE_LIMIT";
  detail.metadata = {{"message_bytes", absl::StrCat(message_bytes)},
                     {"limit_bytes", absl::StrCat(limit_bytes)}};
  detail.quota_subject = "bytes of a message";
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("the request has ", message_bytes, " bytes, a message may have at most ",
                   limit_bytes, "; send less in one message (models: UploadModel)"),
      detail);
}

absl::Status UnreadableMessage(const google::protobuf::Descriptor& request) {
  return BadRequest({{"", absl::StrCat("the bytes are not a ", request.full_name(),
                                       " in protobuf's binary format (text must be UTF-8); send "
                                       "what code generated from Cellar's protos writes")}});
}

absl::Status NoMessage(const google::protobuf::Descriptor& request) {
  return BadRequest(
      {{"", absl::StrCat("the call ended without a message; send one ", request.full_name())}});
}

absl::Status StreamWithoutOpen() {
  return BadRequest(
      {{"open", "the stream ended before its first message; send `open` first, then `step`"}});
}

absl::Status CannotListen(absl::string_view address, absl::string_view why) {
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address, ": ", why));
}

}  // namespace cellar
