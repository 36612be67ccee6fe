#include "client/message_file.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/stubs/common.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/json_check.h"
#include "client/nearest_word.h"
#include "client/text_hints.h"

namespace cellar {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ParseInfoTree = google::protobuf::TextFormat::ParseInfoTree;

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some editors begin a file with it

// Keeps the first error, which the later ones mostly follow from.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (!problem.has_value()) problem = SourceProblem{line + 1, column + 1, message};
  }

  std::optional<SourceProblem> problem;
};

std::vector<std::string> FieldNames(const Descriptor& type) {
  std::vector<std::string> names;
  names.reserve(type.field_count());
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return names;
}

std::vector<std::string> ValueNames(const EnumDescriptor& type) {
  std::vector<std::string> names;
  names.reserve(type.value_count());
  for (int i = 0; i < type.value_count(); ++i) names.push_back(type.value(i)->name());
  return names;
}

// The enum of the field called `name` in `type` or in a message below it.
const EnumDescriptor* FindEnum(const Descriptor* type, const std::string& name,
                               std::set<const Descriptor*>& visited) {
  if (!visited.insert(type).second) return nullptr;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (field->enum_type() != nullptr && field->name() == name) return field->enum_type();
    if (field->message_type() == nullptr) continue;
    if (const auto* found = FindEnum(field->message_type(), name, visited)) return found;
  }
  return nullptr;
}

// What people type for other programs, and what it is here; nothing if it is none of that.
std::string HabitHint(absl::string_view line, size_t at) {
  const absl::string_view rest = line.substr(std::min(at, line.size()));
  // U+2212, and the dashes that editors make of a hyphen.
  for (const char* dash : {"\xE2\x88\x92", "\xE2\x80\x93", "\xE2\x80\x94"}) {
    if (absl::StartsWith(rest, dash)) return "this is a dash; write a minus sign: -1";
  }
  const size_t slash = line.find('/');
  if (slash == absl::string_view::npos || slash > at + 1) return "";
  if (absl::StartsWith(line.substr(slash), "//") || absl::StartsWith(line.substr(slash), "/*")) {
    return "comments begin with #";
  }
  const bool after_digit =
      slash > 0 && absl::ascii_isdigit(static_cast<unsigned char>(line[slash - 1]));
  return after_digit ? "fractions are written with a point: 0.5, not 1/2" : "";
}

// "Expected double, got: {" in the words of somebody who writes such files.
std::string PlainWords(const std::string& message) {
  const std::vector<std::string> parts = absl::StrSplit(message, ", got: ");
  std::string wanted = parts[0];
  if (parts.size() != 2 || !absl::StartsWith(wanted, "Expected ")) return message;
  const std::string& found = parts[1];
  if (wanted == "Expected identifier") {
    if (absl::ascii_isdigit(static_cast<unsigned char>(found[0]))) {
      return absl::StrCat(
          "expected the name of a field, found ", found,
          "; a number is written with a point (0.5), several in brackets (values: [1, 2])");
    }
    wanted = "expected the name of a field";
  } else if (wanted == "Expected double") {
    wanted = "expected a number";
  } else if (wanted == "Expected integer") {
    wanted = "expected a whole number";
  } else if (wanted == "Expected string") {
    wanted = "expected a text in quotes";
  }
  return absl::StrCat(wanted, ", found ", found.empty() ? "the end of the file" : found);
}

// Protobuf's message says what is wrong; this adds what is allowed. The messages quote the names:
// `Message type "cellar.v1.Gate" has no field named "bais".`,
// `Unknown enumeration value of "X" for field "precision".`
std::string Explained(const std::string& message, const Descriptor* root) {
  const std::vector<std::string> parts = absl::StrSplit(message, '"');
  if (absl::StartsWith(message, "Message type ") && parts.size() >= 4) {
    const Descriptor* type = root->file()->pool()->FindMessageTypeByName(parts[1]);
    if (type == nullptr) return message;
    return absl::StrCat(type->name(), " has no field \"", parts[3], "\"",
                        DidYouMean(parts[3], FieldNames(*type)), "; it has ",
                        absl::StrJoin(FieldNames(*type), ", "));
  }
  if (absl::StartsWith(message, "Unknown enumeration value ") && parts.size() >= 4) {
    std::set<const Descriptor*> visited;
    const EnumDescriptor* type = FindEnum(root, parts[3], visited);
    if (type == nullptr) return message;
    return absl::StrCat("\"", parts[3], "\" cannot be ", parts[1],
                        DidYouMean(parts[1], ValueNames(*type)), "; allowed are ",
                        absl::StrJoin(ValueNames(*type), ", "));
  }
  return PlainWords(message);
}

// Protobuf reports an unknown name at the sign behind it; moves the column to the name's beginning.
void PointToName(absl::string_view contents, SourceProblem& problem) {
  const std::vector<std::string> parts = absl::StrSplit(problem.message, '"');
  std::string name;
  if (absl::StartsWith(problem.message, "Message type ") && parts.size() >= 4) name = parts[3];
  if (absl::StartsWith(problem.message, "Unknown enumeration ") && parts.size() >= 4)
    name = parts[1];
  if (name.empty()) return;
  const std::vector<absl::string_view> lines = absl::StrSplit(contents, '\n');
  const auto index = static_cast<size_t>(problem.line - 1);
  if (index >= lines.size()) return;
  const size_t at = lines[index].rfind(name, static_cast<size_t>(problem.column));
  if (at != absl::string_view::npos) problem.column = static_cast<int>(at) + 1;
}

// Bytes that are no UTF-8 in a text of the message: they can be written down, and not be sent.
// `places` is where the fields stand, or null.
std::optional<SourceProblem> BadText(const Message& message, ParseInfoTree* places) {
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const bool repeated = field->is_repeated();
    const int count = repeated ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const int index = repeated ? i : -1;
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        const Message& part = repeated ? reflection.GetRepeatedMessage(message, field, i)
                                       : reflection.GetMessage(message, field);
        ParseInfoTree* const below =
            places == nullptr ? nullptr : places->GetTreeForNested(field, index);
        auto problem = BadText(part, below);
        if (problem.has_value()) return problem;
      } else if (field->type() == FieldDescriptor::TYPE_STRING) {
        const std::string text = repeated ? reflection.GetRepeatedString(message, field, i)
                                          : reflection.GetString(message, field);
        if (google::protobuf::internal::IsStructurallyValidUTF8(text)) continue;
        const auto at = places == nullptr ? google::protobuf::TextFormat::ParseLocation(0, 0)
                                          : places->GetLocation(field, index);
        return SourceProblem{at.line + 1, at.column + 1,
                             absl::StrCat(field->name(), " is not text in UTF-8")};
      }
    }
  }
  return std::nullopt;
}

std::optional<SourceProblem> ParseText(absl::string_view contents, Message& message,
                                       ParseInfoTree* places) {
  ParseInfoTree own_places;
  if (places == nullptr) places = &own_places;
  FirstError errors;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.WriteLocationsTo(places);
  if (parser.ParseFromString(std::string(contents), &message)) return BadText(message, places);
  if (!errors.problem.has_value()) return SourceProblem{1, 1, "cannot be read"};
  const std::vector<absl::string_view> lines = absl::StrSplit(contents, '\n');
  const auto number = static_cast<size_t>(errors.problem->line - 1);
  if (number < lines.size()) {
    const std::string hint =
        HabitHint(lines[number], static_cast<size_t>(errors.problem->column - 1));
    if (!hint.empty()) errors.problem->message = hint;
    if (!hint.empty()) return errors.problem;
  }
  PointToName(contents, *errors.problem);
  std::string brace_hint = BraceHint(contents, *errors.problem, message.GetDescriptor());
  if (!brace_hint.empty()) {
    errors.problem->message = std::move(brace_hint);
    return errors.problem;
  }
  errors.problem->message = Explained(errors.problem->message, message.GetDescriptor());
  return errors.problem;
}

std::optional<SourceProblem> ParseJson(absl::string_view contents,
                                       google::protobuf::Message& message) {
  auto problem = CheckJson(contents, message.GetDescriptor());
  if (problem.has_value()) return problem;
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(contents.data(), contents.size()), &message);
  if (status.ok()) return BadText(message, nullptr);
  // What the check leaves to protobuf (times, durations); its message tells the path.
  return SourceProblem{1, 1, status.ToString()};
}

absl::Status FileError(absl::string_view doing, const std::string& path) {
  return absl::InvalidArgumentError(
      absl::StrCat("cannot ", doing, " ", path, ": ", std::strerror(errno == 0 ? EIO : errno)));
}

}  // namespace

FileFormat FormatOf(absl::string_view file_name, absl::string_view contents) {
  for (const char* ending : {".textproto", ".txtpb", ".pbtxt"}) {
    if (absl::EndsWithIgnoreCase(file_name, ending)) return FileFormat::kText;
  }
  if (absl::EndsWithIgnoreCase(file_name, ".json")) return FileFormat::kJson;
  for (const char* ending : {".binpb", ".pb"}) {
    if (absl::EndsWithIgnoreCase(file_name, ending)) return FileFormat::kBinary;
  }
  absl::ConsumePrefix(&contents, kByteOrderMark);
  const size_t first = contents.find_first_not_of(" \t\r\n");
  const bool brace = first != absl::string_view::npos && contents[first] == '{';
  return brace ? FileFormat::kJson : FileFormat::kText;
}

absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t max_bytes) {
  errno = 0;
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::istream& in = path == "-" ? std::cin : file;
  if (!in) return FileError("read", path);
  // A folder opens like a file; only reading it fails.
  if (in.peek() == std::istream::traits_type::eof() && errno != 0) return FileError("read", path);
  in.clear();
  std::string contents;
  char block[1 << 14];
  while (in && static_cast<int64_t>(contents.size()) < max_bytes) {
    in.read(block,
            std::min<int64_t>(sizeof(block), max_bytes - static_cast<int64_t>(contents.size())));
    contents.append(block, static_cast<size_t>(in.gcount()));
  }
  if (in.bad()) return FileError("read", path);
  return contents;
}

absl::Status WriteFile(const std::string& path, absl::string_view contents) {
  errno = 0;
  std::ofstream file;
  if (path != "-") file.open(path, std::ios::binary | std::ios::trunc);
  std::ostream& out = path == "-" ? std::cout : file;
  out.write(contents.data(), static_cast<std::streamsize>(contents.size()));
  out.flush();
  if (!out) return FileError("write", path);
  return absl::OkStatus();
}

std::optional<SourceProblem> ParseMessage(absl::string_view contents, FileFormat format,
                                          google::protobuf::Message& message,
                                          google::protobuf::TextFormat::ParseInfoTree* places) {
  message.Clear();
  if (format != FileFormat::kBinary) {
    absl::ConsumePrefix(&contents, kByteOrderMark);
    if (absl::StrContains(contents, '\0')) {
      return SourceProblem{
          1, 1, "this is no text, but a binary file (a serialized Model's name ends in .binpb)"};
    }
  }
  switch (format) {
    case FileFormat::kText:
      return ParseText(contents, message, places);
    case FileFormat::kJson:
      return ParseJson(contents, message);
    case FileFormat::kBinary:
      break;
  }
  if (message.ParseFromArray(contents.data(), static_cast<int>(contents.size()))) {
    return std::nullopt;
  }
  return SourceProblem{1, 1,
                       absl::StrCat("not a serialized ", message.GetDescriptor()->full_name())};
}

absl::Status ProblemIn(absl::string_view file_name, const SourceProblem& problem) {
  return absl::InvalidArgumentError(
      absl::StrCat(file_name, ":", problem.line, ":", problem.column, ": ", problem.message));
}

}  // namespace cellar
