#include "client/grading/submission_source.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/grading/safe_text.h"
#include "client/message_file.h"
#include "client/number_text.h"

namespace cellar {
namespace {

namespace fs = std::filesystem;

using google::protobuf::Struct;
using google::protobuf::Value;

constexpr size_t kMaxIdCharacters = 200;

std::string CleanId(const std::string& name) {
  return Shortened(CleanLine(name), kMaxIdCharacters);
}

bool IsLeftOut(const fs::path& name) {
  return absl::StartsWith(name.string(), ".") || name == "__MACOSX";
}

// The files below a folder, relative to it, in the order of names.
absl::StatusOr<std::vector<fs::path>> FilesBelow(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  const fs::recursive_directory_iterator end;
  for (; !error && entry != end; entry.increment(error)) {
    const bool is_folder = entry->symlink_status(error).type() == fs::file_type::directory;
    if (IsLeftOut(entry->path().filename())) {
      if (is_folder) entry.disable_recursion_pending();
    } else if (!is_folder) {
      files.push_back(entry->path().lexically_relative(folder));
    }
  }
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot list ", folder.string(), ": ", error.message()));
  }
  if (files.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no answer in ", folder.string(), ": it has no files"));
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Gives every answer an id of its own: its name without the ending, with the ending if that is
// taken, or numbered.
class IdMaker {
 public:
  std::string Make(const fs::path& name) {
    fs::path bare = name;
    bare.replace_extension();
    for (const std::string& id : {CleanId(bare.string()), CleanId(name.string())}) {
      if (!id.empty() && taken_.insert(id).second) return id;
    }
    for (int number = 2;; ++number) {
      std::string id = absl::StrCat(Shortened(CleanLine(name.string()), kMaxIdCharacters - 10),
                                    " (", number, ")");
      if (taken_.insert(id).second) return id;
    }
  }

 private:
  std::set<std::string> taken_;
};

absl::Status Unreadable(const std::string& name, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(name, " ", why));
}

// What lies at the path, if it may be read; of what is too large and does not tell its size, a byte
// too much.
absl::StatusOr<std::string> ReadAnswer(const std::string& path, int64_t max_bytes) {
  if (path == "-") return ReadFile(path, max_bytes + 1);
  const std::string name = CleanLine(fs::path(path).filename().string());
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  const bool is_system_path = absl::StartsWith(path, "/dev/") || absl::StartsWith(path, "/proc/");
  if (status.type() == fs::file_type::not_found) {
    return absl::InvalidArgumentError(absl::StrCat("there is no file ", name));
  }
  if (error) return Unreadable(name, absl::StrCat("cannot be read: ", error.message()));
  if (!is_system_path && status.type() == fs::file_type::symlink) {
    return Unreadable(name, "is a symbolic link; give the file itself");
  }
  if (status.type() == fs::file_type::directory) {
    return Unreadable(name, "is a folder, where one file with the answer was to be");
  }
  if (!is_system_path && status.type() != fs::file_type::regular) {
    return Unreadable(name, "is no regular file");
  }
  const auto size = is_system_path ? 0 : static_cast<int64_t>(fs::file_size(path, error));
  if (size > max_bytes) {
    return Unreadable(name, absl::StrCat("has ", size, " bytes; at most ", max_bytes, " are read"));
  }
  absl::StatusOr<std::string> contents = ReadFile(path, max_bytes + 1);
  if (!contents.ok()) {
    return Unreadable(name, absl::StrCat("cannot be read: ", std::strerror(errno)));
  }
  return contents;
}

// The value at a path of keys, or null.
const Value* Find(const Struct& root, const std::string& path) {
  const Struct* object = &root;
  const Value* value = nullptr;
  for (const absl::string_view key : absl::StrSplit(path, '.')) {
    if (object == nullptr) return nullptr;
    const auto field = object->fields().find(std::string(key));
    if (field == object->fields().end()) return nullptr;
    value = &field->second;
    object = value->has_struct_value() ? &value->struct_value() : nullptr;
  }
  return value;
}

// What was typed, as text: a text itself, a number or a list of them as one would type it.
std::string AsText(const Value& value) {
  if (value.has_string_value()) return value.string_value();
  if (value.has_number_value()) {
    return FormatNumber(value.number_value(), NumberFormat::Full(v1::PRECISION_FLOAT64));
  }
  if (!value.has_list_value()) return "";
  return absl::StrCat("[",
                      absl::StrJoin(value.list_value().values(), ", ",
                                    [](std::string* out, const Value& element) {
                                      absl::StrAppend(out, AsText(element));
                                    }),
                      "]");
}

absl::Status FillTyped(const std::string& contents, const SubmissionOptions& options,
                       v1::Submission& submission) {
  Struct root;
  const std::string lines = WithWholeCharacters(absl::StrReplaceAll(contents, {{"\r\n", "\n"}}));
  if (CleanText(lines).size() != lines.size() ||
      !google::protobuf::util::JsonStringToMessage(lines, &root).ok()) {
    return absl::FailedPreconditionError("the file with the answers is no JSON object");
  }
  const Value* answers = Find(root, options.typed_key);
  if (answers == nullptr || !answers->has_struct_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no object `", options.typed_key, "` in the file with the answers"));
  }
  auto& texts = *submission.mutable_typed()->mutable_texts();
  for (const std::string& id : options.question_ids) {
    const auto answer = answers->struct_value().fields().find(id);
    if (answer != answers->struct_value().fields().end()) texts[id] = AsText(answer->second);
  }
  if (texts.empty() && !answers->struct_value().fields().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("none of the answers is to a question of the exercise: `", options.typed_key,
                     "` has ", CleanLine(answers->struct_value().fields().begin()->first),
                     ", the exercise asks for ", absl::StrJoin(options.question_ids, ", ")));
  }
  if (options.seed_key.empty()) return absl::OkStatus();
  const Value* seed = Find(root, options.seed_key);
  if (seed == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no seed `", options.seed_key, "` in the file with the answers"));
  }
  submission.set_seed(AsText(*seed));
  const std::string problem =
      submission.seed().empty() ? "is empty" : TooLongText(submission.seed());
  if (problem.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the seed `", options.seed_key, "` in the file with the answers ", problem));
}

}  // namespace

std::string TooLongText(absl::string_view text) {
  const auto characters = std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;  // not a continuation
  });
  if (static_cast<size_t>(characters) <= kMaxIdCharacters) return "";
  return absl::StrCat("has ", characters, " characters, at most ", kMaxIdCharacters);
}

absl::StatusOr<std::vector<FoundSubmission>> FindSubmissions(
    const std::vector<std::string>& paths) {
  std::vector<FoundSubmission> found;
  IdMaker ids;
  for (const std::string& path : paths) {
    std::error_code ignored;  // what is no folder is a file, and told when it is read
    if (path == "-") {
      found.push_back({ids.Make("stdin"), path});
    } else if (absl::EndsWith(path, "/") && !fs::exists(path, ignored)) {
      return absl::InvalidArgumentError(absl::StrCat("there is no folder ", path));
    } else if (!fs::is_directory(path, ignored)) {
      found.push_back({ids.Make(fs::path(path).filename()), path});
    } else {
      const absl::StatusOr<std::vector<fs::path>> files = FilesBelow(path);
      if (!files.ok()) return files.status();
      for (const fs::path& file : *files) {
        found.push_back({ids.Make(file), (fs::path(path) / file).string()});
      }
    }
  }
  return found;
}

absl::StatusOr<v1::Submission> ReadSubmission(const FoundSubmission& found,
                                              const SubmissionOptions& options) {
  absl::StatusOr<std::string> contents = ReadAnswer(found.path, options.max_bytes);
  if (!contents.ok()) {
    if (options.typed_key.empty()) return contents.status();
    return absl::FailedPreconditionError(contents.status().message());
  }
  if (static_cast<int64_t>(contents->size()) > options.max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the answer has more than the ", options.max_bytes, " bytes that are read"));
  }
  v1::Submission submission;
  submission.set_id(found.id);
  submission.set_seed(options.seed_is_id ? found.id : options.seed);
  if (!options.typed_key.empty()) {
    const absl::Status filled = FillTyped(*contents, options, submission);
    if (!filled.ok()) return filled;
    return submission;
  }
  v1::AnswerFile& file = *submission.mutable_file();
  file.set_format(options.format);
  file.set_name(found.path == "-" ? "the standard input"
                                  : CleanId(fs::path(found.path).filename().string()));
  file.set_content(*std::move(contents));
  return submission;
}

}  // namespace cellar
