// Files that are whole or not there: what a platform reads must never be half a result.
//
// Thread safety: functions; two writers of one path end with the file of one of them.
#ifndef CELLAR_CLIENT_GRADING_OUTPUT_FILE_H_
#define CELLAR_CLIENT_GRADING_OUTPUT_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cellar {

// Writes the bytes to a temporary name beside `path`, and renames it. Folders that are
// missing are made. What is at `path` and is no regular file (a device, a pipe, /dev/fd/3) is
// written to directly; "-" is the standard output. On failure INVALID_ARGUMENT with the path and
// the system's reason; then nothing is left of the temporary file, and a file that was there is as
// before.
absl::Status WriteWholeFile(const std::string& path, absl::string_view contents);

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_OUTPUT_FILE_H_
