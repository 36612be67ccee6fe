#include "client/network_cause.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "client/call_status.h"
#include "client/error_text.h"

namespace cellar {

bool IsUnreachable(const absl::Status& status) {
  return IsFromCall(status) && absl::IsUnavailable(status) && GetCallError(status).reason.empty();
}

std::string NetworkCause(absl::string_view message) {
  // OpenSSL has blanks where BoringSSL has underscores.
  const std::string lower = absl::StrReplaceAll(absl::AsciiStrToLower(message), {{"_", " "}});
  for (const char* cause :
       {"Connection refused", "Connection reset", "No such file or directory", "No route to host",
        "Network is unreachable", "Permission denied", kNoSuchName, kSocketClosed, kVerifyFailed,
        kNoTls, "Connection timed out"}) {
    if (absl::StrContains(lower, absl::AsciiStrToLower(cause))) return cause;
  }
  return OneLine(message);
}

}  // namespace cellar
