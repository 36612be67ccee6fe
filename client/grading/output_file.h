// Files that are whole or not there: what a platform reads must never be half a result.
//
// Thread safety: functions; two writers of one path end with the file of one of them.
#ifndef CELLAR_CLIENT_GRADING_OUTPUT_FILE_H_
#define CELLAR_CLIENT_GRADING_OUTPUT_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cellar {

// Writes the bytes to a temporary name beside `path`, and renames it. Folders that are missing are
// made. A symbolic link stays, and what it leads to is written. A path that names an open
// descriptor (/dev/stdout, /dev/stderr, /dev/fd/3, /proc/self/fd/3; "-" is the standard output) is
// that descriptor, written where it stands; what else is no regular file (a device, a pipe) is
// written to directly. On failure INVALID_ARGUMENT with the path and
// the system's reason; then nothing is left of the temporary file, and a file that was there is as
// before.
absl::Status WriteWholeFile(const std::string& path, absl::string_view contents);

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_OUTPUT_FILE_H_
