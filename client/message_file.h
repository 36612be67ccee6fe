// Protobuf messages in files written by people: text format or proto3 JSON, and for programs the
// serialized form. Errors name file, line and column, and what was expected there.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_MESSAGE_FILE_H_
#define CELLAR_CLIENT_MESSAGE_FILE_H_

#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/source_problem.h"

namespace cellar {

enum class FileFormat { kText, kJson, kBinary };

// By the ending (.textproto, .txtpb, .pbtxt; .json; .binpb, .pb); for any other, JSON if the first
// sign is `{`, else text.
FileFormat FormatOf(absl::string_view file_name, absl::string_view contents);

// The bytes of a file, the first `max_bytes` of them; "-" is the standard input. Fails with
// INVALID_ARGUMENT, naming the file and the system's reason.
absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     int64_t max_bytes = std::numeric_limits<int64_t>::max());

// Writes the bytes to a file; "-" is the standard output. Fails as ReadFile.
absl::Status WriteFile(const std::string& path, absl::string_view contents);

// Parses `contents` into `message`. Returns the first problem, or nothing. Of text, `places` learns
// where each field stands; may be null.
std::optional<SourceProblem> ParseMessage(
    absl::string_view contents, FileFormat format, google::protobuf::Message& message,
    google::protobuf::TextFormat::ParseInfoTree* places = nullptr);

// The problem as INVALID_ARGUMENT: "file:line:column: message".
absl::Status ProblemIn(absl::string_view file_name, const SourceProblem& problem);

}  // namespace cellar

#endif  // CELLAR_CLIENT_MESSAGE_FILE_H_
