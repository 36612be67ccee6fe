#include "client/error_text.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/call_status.h"
#include "client/network_cause.h"

namespace cellar {
namespace {

std::string Label(const absl::Status& status, const CallError& error) {
  if (error.reason.empty()) return absl::StrCat(" (", CodeName(status.code()), ")");
  return absl::StrCat(" (", CodeName(status.code()), " / ", error.reason, ")");
}

std::string UnreachableText(const absl::Status& status, absl::string_view address) {
  const std::string cause = NetworkCause(status.message());
  if (cause == kVerifyFailed) {
    return absl::StrCat("the server at ", address, " answers, but is not believed (", cause,
                        "); give the certificates of its authority with --tls-ca or CELLAR_TLS_CA");
  }
  if (cause == kNoTls) {
    return absl::StrCat("the server at ", address,
                        " answers, but does not speak TLS; leave out --tls, --tls-ca and the like "
                        "(and CELLAR_TLS, CELLAR_TLS_CA), or name another");
  }
  const std::string text = absl::StrCat("no server answers at ", address, " (", cause, "); ");
  const char* const other = "name another with --server or CELLAR_SERVER";
  if (cause == kNoSuchName) return absl::StrCat(text, "check the name, or ", other);
  return absl::StrCat(text,
                      cause == kSocketClosed ? "if it speaks TLS, give --tls or --tls-ca; " : "",
                      "start one with `cellar-server --listen ", address, "`, or ", other);
}

std::string DeadlineText(absl::string_view address) {
  return absl::StrCat("the server at ", address,
                      " did not answer in time; give it more with --timeout (DEADLINE_EXCEEDED)");
}

// Begins with `what`, which has these problems.
std::string ListOfFields(std::string what, const CallError& error) {
  std::string text = std::move(what);
  for (const RefusedField& field : error.fields) {
    absl::StrAppend(&text, "\n  ", OneLine(field.field), ": ", OneLine(field.description));
  }
  return text;
}

// The server speaks of metadata; here a variable and a file stand for it.
std::string TokenHint(const CallError& error) {
  return error.reason == "TOKEN_MISSING" ? "; give yours with CELLAR_TOKEN or --token-file" : "";
}

std::string RetryHint(const CallError& error) {
  if (!error.retry_delay.has_value()) return "";
  return absl::StrFormat("; try again in %.3g s", absl::ToDoubleSeconds(*error.retry_delay));
}

}  // namespace

std::string ErrorText(const absl::Status& status, absl::string_view address) {
  const CallError error = GetCallError(status);
  const bool is_list = error.fields.size() > 1;
  if (!IsFromCall(status)) {
    return is_list
               ? ListOfFields(absl::StrCat("there are ", error.fields.size(), " mistakes:"), error)
               : OneLine(status.message());
  }
  if (IsUnreachable(status)) return UnreachableText(status, address);
  if (error.reason.empty() && absl::IsDeadlineExceeded(status)) return DeadlineText(address);
  if (is_list) {
    return ListOfFields(absl::StrCat("the request has ", error.fields.size(), " problems",
                                     Label(status, error), ":"),
                        error);
  }
  std::string message = OneLine(status.message());
  if (message.empty()) message = absl::StrCat("the server at ", address, " gave no message");
  return absl::StrCat(message, TokenHint(error), RetryHint(error), Label(status, error));
}

std::string CodeName(absl::StatusCode code) { return absl::StatusCodeToString(code); }

std::string OneLine(absl::string_view text) {
  std::string line(text);
  for (char& character : line) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7f) character = ' ';
  }
  return line;
}

}  // namespace cellar
