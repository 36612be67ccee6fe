#include "client/text_hints.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cellar/v1/tensor.pb.h"

namespace cellar {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr int kTabWidth = 8;  // of protobuf's columns

// A message that has begun and not ended.
struct OpenMessage {
  std::string field;
  int line;
};

// The byte at a place.
size_t OffsetOf(absl::string_view contents, const SourceProblem& place) {
  size_t at = 0;
  for (int line = 1; line < place.line && at < contents.size(); ++line) {
    at = std::min(contents.find('\n', at), contents.size() - 1) + 1;
  }
  for (int column = 1; column < place.column && at < contents.size(); ++at) {
    if (contents[at] == '\n') break;
    column += contents[at] == '\t' ? kTabWidth - (column - 1) % kTabWidth : 1;
  }
  return at;
}

bool IsNameSign(char sign) {
  return absl::ascii_isalnum(static_cast<unsigned char>(sign)) || sign == '_';
}

// What stands before a place, as far as braces go.
class Scan {
 public:
  explicit Scan(absl::string_view text) : text_(text) {
    while (at_ < text_.size()) Take();
  }

  const std::vector<OpenMessage>& open() const { return open_; }
  const std::string& last_name() const { return last_name_; }

 private:
  void Take() {
    const char sign = text_[at_];
    if (sign == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (sign == '"' || sign == '\'') {
      SkipString(sign);
    } else if (IsNameSign(sign)) {
      TakeName();
    } else {
      if (sign == '\n') ++line_;
      if (sign == '{' || sign == '<') open_.push_back({last_name_, line_});
      if ((sign == '}' || sign == '>') && !open_.empty()) open_.pop_back();
      ++at_;
    }
  }

  void SkipString(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    if (at_ < text_.size() && text_[at_] == quote) ++at_;
  }

  void TakeName() {
    const size_t begin = at_;
    while (at_ < text_.size() && IsNameSign(text_[at_])) ++at_;
    last_name_ = std::string(text_.substr(begin, at_ - begin));
  }

  const absl::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
  std::string last_name_;
  std::vector<OpenMessage> open_;  // innermost last
};

const Descriptor* TypeOf(const Descriptor* type, const std::string& field) {
  const FieldDescriptor* const found = type->FindFieldByName(field);
  return found == nullptr ? nullptr : found->message_type();
}

// The types of what is open, `root` first; shorter if one is not known.
std::vector<const Descriptor*> TypesOf(const Descriptor* root,
                                       const std::vector<OpenMessage>& open) {
  std::vector<const Descriptor*> types = {root};
  for (const OpenMessage& message : open) {
    const Descriptor* const type = TypeOf(types.back(), message.field);
    if (type == nullptr) break;
    types.push_back(type);
  }
  return types;
}

bool IsTensor(const Descriptor* type) { return type == v1::Tensor::descriptor(); }

std::string StillOpen(const OpenMessage& message) {
  return absl::StrCat("a } is missing? `", message.field, " {` of line ", message.line,
                      " is still open");
}

// `Message type "cellar.v1.Gate" has no field named "input_gate".`
std::string UnknownFieldHint(const std::string& message, const Scan& before,
                             const std::vector<const Descriptor*>& types) {
  const std::vector<std::string> parts = absl::StrSplit(message, '"');
  const bool all_known = types.size() == before.open().size() + 1;
  if (parts.size() < 4 || !all_known || types.back()->full_name() != parts[1]) return "";
  for (size_t i = 0; i + 1 < types.size(); ++i) {
    if (types[i]->FindFieldByName(parts[3]) == nullptr) continue;
    return absl::StrCat(types.back()->name(), " has no field \"", parts[3], "\"; perhaps ",
                        StillOpen(before.open().back()));
  }
  return "";
}

// `Expected "{", found "[".`
std::string MissingBraceHint(const std::string& message, const Scan& before,
                             const std::vector<const Descriptor*>& types) {
  const std::string& field = before.last_name();
  if (field.empty()) return "";
  if (IsTensor(TypeOf(types.back(), field))) return TensorHint(field);
  absl::string_view found = message;
  found.remove_prefix(std::min(found.find("found "), found.size()));
  absl::ConsumeSuffix(&found, ".");
  return absl::StrCat("expected { behind ", field, ", ", found);
}

}  // namespace

std::string BraceHint(absl::string_view contents, const SourceProblem& problem,
                      const Descriptor* root) {
  const Scan before(contents.substr(0, OffsetOf(contents, problem)));
  const std::vector<const Descriptor*> types = TypesOf(root, before.open());
  const std::string& message = problem.message;
  if (absl::StartsWith(message, "Message type ")) return UnknownFieldHint(message, before, types);
  if (absl::StartsWith(message, "Expected \"{\", found ")) {
    return MissingBraceHint(message, before, types);
  }
  if (message == "Expected identifier, got: }" && before.open().empty()) {
    return "this } closes nothing";
  }
  if (message == "Expected identifier, got: " && !before.open().empty()) {
    return absl::StrCat("the file ends inside a message; ", StillOpen(before.open().back()));
  }
  if (message == "Expected double, got: [" && IsTensor(types.back())) {
    return "rows of numbers follow each other in one list: [1, 0, 0, 1]; where it is not clear how "
           "many there are, shape: [2, 2] tells";
  }
  return "";
}

std::string TensorHint(absl::string_view field) {
  return absl::StrCat(field, " is a tensor, with its numbers in `values`: ", field,
                      " { values: [1, 0] }; rows of numbers follow each other");
}

}  // namespace cellar
