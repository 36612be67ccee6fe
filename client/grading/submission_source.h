// Students' answers where they lie: files, folders of files, the standard input.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_GRADING_SUBMISSION_SOURCE_H_
#define CELLAR_CLIENT_GRADING_SUBMISSION_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cellar/v1/grading.pb.h"

namespace cellar {

// An answer that was found and not yet read.
struct FoundSubmission {
  std::string id;    // clean, one line, at most 200 characters, unique among those found
  std::string path;  // "-": the standard input
};

// How answers are read.
struct SubmissionOptions {
  v1::AnswerFormat format = v1::ANSWER_FORMAT_UNSPECIFIED;
  // Not empty: the file is a platform's, in JSON, and the object at this path of keys
  // ("submitted_answers", "data.answers") has the answer to each question by its id, as text. Other
  // keys in it are left alone.
  std::string typed_key{};
  std::vector<std::string> question_ids{};  // for typed_key
  std::string seed{};
  std::string seed_key{};       // with typed_key: where the seed stands in the same file, not empty
  bool seed_is_id = false;      // each answer's id is its seed
  int64_t max_bytes = 4 << 20;  // of one answer
};

// Why the server would refuse the text as an id or a seed ("has 300 characters, at most 200");
// empty if it takes it.
std::string TooLongText(absl::string_view text);

// The answers in `paths`: a file is one, named by its name without the ending; a folder is as many
// as there are files below it, named by their paths in it, in the order of names. Files whose name
// begins with a dot, and what macOS adds to archives, are left out. A file need not exist, as a
// student may hand in none: that is told when it is read. Fails with INVALID_ARGUMENT if a folder
// (a path that ends in a slash is one) is not there, cannot be listed or has no file in it.
absl::StatusOr<std::vector<FoundSubmission>> FindSubmissions(const std::vector<std::string>& paths);

// The answer. Fails with INVALID_ARGUMENT and a reason for the student (it names the file, no
// folder) if it cannot be read: not there, a folder, a symbolic link (it could lead to what a
// student may not see), no regular file, too large, with answers to other questions only, with a
// seed that is none. A platform's file that cannot be read or is no UTF-8 JSON with the key is not
// the student's fault: FAILED_PRECONDITION, with a reason for course staff.
absl::StatusOr<v1::Submission> ReadSubmission(const FoundSubmission& found,
                                              const SubmissionOptions& options);

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_SUBMISSION_SOURCE_H_
