#include "client/json_check.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "cellar/v1/tensor.pb.h"
#include "client/nearest_word.h"

namespace cellar {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr int kDeepest = 100;  // as protobuf's own parser

// RFC 8259: -0.5e+3, but neither 01 nor 1. nor +1.
bool IsJsonNumber(absl::string_view text) {
  const auto digits = [&text] {
    const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  absl::ConsumePrefix(&text, "-");
  if (!absl::ConsumePrefix(&text, "0") && digits() == 0) return false;
  if (absl::ConsumePrefix(&text, ".") && digits() == 0) return false;
  if (absl::ConsumePrefix(&text, "e") || absl::ConsumePrefix(&text, "E")) {
    if (!absl::ConsumePrefix(&text, "-")) absl::ConsumePrefix(&text, "+");
    if (digits() == 0) return false;
  }
  return text.empty();
}

// Reads the text once, from left to right; every method returns false once a problem is noted.
class Checker {
 public:
  Checker(absl::string_view text, JsonPlaces* places) : text_(text), places_(places) {}

  std::optional<SourceProblem> Run(const Descriptor* root) {
    if (Object(root)) {
      SkipSpace();
      if (at_ < text_.size()) Fail(at_, absl::StrCat("expected the end of the file", Found()));
    }
    return problem_;
  }

 private:
  bool Fail(size_t at, const std::string& message) {
    MoveTo(at);
    problem_ = SourceProblem{line_, static_cast<int>(at - line_start_) + 1, message};
    return false;
  }

  // Makes line_ and line_start_ those of a byte; quick, as one byte follows the other.
  void MoveTo(size_t at) {
    if (at < line_start_) {
      line_ = 1;
      line_start_ = 0;
    }
    for (size_t end = text_.find('\n', line_start_); end < at; end = text_.find('\n', end + 1)) {
      ++line_;
      line_start_ = end + 1;
    }
  }

  // Reads what stands at `part` below the path so far, and notes where it is.
  template <class Read>
  bool Placed(const std::string& part, size_t at, const Read& read) {
    if (places_ == nullptr) return read();
    const size_t length = path_.size();
    absl::StrAppend(&path_, path_.empty() || part.front() == '[' ? "" : ".", part);
    MoveTo(at);
    places_->try_emplace(path_, JsonPlace{line_, static_cast<int>(at - line_start_) + 1});
    const bool good = read();
    path_.resize(length);
    return good;
  }

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void SkipSpace() {
    while (at_ < text_.size() && absl::StrContains(" \t\r\n", text_[at_])) ++at_;
  }

  // ", found ..." with the word or sign at this place.
  std::string Found() const {
    if (at_ >= text_.size()) return ", found the end of the file";
    size_t end = at_ + 1;
    const auto is_word = [](char c) {
      return absl::ascii_isalnum(c) || absl::StrContains("_.+-", c);
    };
    if (Peek() == '"') {
      end = std::min(text_.find('"', at_ + 1), text_.size() - 1) + 1;
    } else if (is_word(Peek())) {
      while (end < text_.size() && is_word(text_[end])) ++end;
    }
    return absl::StrCat(", found ", text_.substr(at_, std::min<size_t>(end - at_, 40)));
  }

  bool Expect(char sign, absl::string_view what) {
    SkipSpace();
    if (Peek() != sign) return Fail(at_, absl::StrCat("expected ", what, Found()));
    ++at_;
    return true;
  }

  // Reads a string literal into `value`, escapes left as they are.
  bool String(std::string& value) {
    const size_t start = at_;
    if (!Expect('"', "a string in double quotes")) return false;
    const size_t begin = at_;
    for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\n') break;
      if (text_[at_] == '\\') ++at_;
    }
    if (Peek() != '"') return Fail(start, "this string has no closing quote");
    value = std::string(text_.substr(begin, at_ - begin));
    ++at_;
    return true;
  }

  // Reads number, true, false or null.
  absl::string_view Word() {
    const size_t begin = at_;
    while (at_ < text_.size() &&
           (absl::ascii_isalnum(Peek()) || absl::StrContains("+-._", Peek()))) {
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  // Reads entries separated by commas up to `close`, each by `entry`.
  template <class Entry>
  bool Entries(char close, const Entry& entry) {
    if (++depth_ > kDeepest) return Fail(at_, "nested too deeply");
    SkipSpace();
    for (bool first = true; Peek() != close; first = false) {
      const std::string what = absl::StrCat("`,` or `", std::string(1, close), "`");
      if (!first && !Expect(',', what)) return false;
      SkipSpace();
      if (!entry()) return false;
      SkipSpace();
    }
    ++at_;
    --depth_;
    return true;
  }

  // An object of type `type`; null: any.
  bool Object(const Descriptor* type) {
    SkipSpace();
    if (type == v1::Tensor::descriptor() && Peek() != '{') {
      return Fail(at_,
                  absl::StrCat("expected a tensor, with its numbers in \"values\": ",
                               "{\"values\": [1, 0]}; rows of numbers follow each other", Found()));
    }
    const std::string what = type == nullptr ? "`{`" : absl::StrCat("`{` (", type->name(), ")");
    if (!Expect('{', what)) return false;
    std::set<std::string> seen;
    return Entries('}', [&] {
      const size_t key_at = at_;
      std::string key;
      if (Peek() != '"') {
        return Fail(at_, absl::StrCat("expected the name of a field in double quotes", Found()));
      }
      if (!String(key)) return false;
      const FieldDescriptor* field = nullptr;
      if (type != nullptr && !FindField(*type, key, key_at, field)) return false;
      if (field != nullptr && !NoteOnce(*field, key_at, seen)) return false;
      if (!Expect(':', "`:`")) return false;
      if (field == nullptr) return Anything();
      return Placed(field->name(), key_at, [&] { return Value(*field); });
    });
  }

  bool FindField(const Descriptor& type, const std::string& key, size_t key_at,
                 const FieldDescriptor*& field) {
    std::vector<std::string> names;
    for (int i = 0; i < type.field_count(); ++i) {
      field = type.field(i);
      if (key == field->name() || key == field->json_name()) return true;
      names.push_back(field->json_name());
    }
    return Fail(key_at,
                absl::StrCat(type.name(), " has no field \"", key, "\"", DidYouMean(key, names),
                             "; it has ", absl::StrJoin(names, ", ")));
  }

  bool NoteOnce(const FieldDescriptor& field, size_t key_at, std::set<std::string>& seen) {
    const auto* oneof = field.real_containing_oneof();
    if (!seen.insert(field.name()).second) {
      return Fail(key_at, absl::StrCat("the field \"", field.json_name(), "\" is given twice"));
    }
    if (oneof != nullptr && !seen.insert("oneof " + oneof->name()).second) {
      return Fail(key_at, absl::StrCat("\"", field.json_name(), "\" is given beside another ",
                                       oneof->name(), "; only one may be"));
    }
    return true;
  }

  // The value of a field.
  bool Value(const FieldDescriptor& field) {
    SkipSpace();
    if (absl::StartsWith(text_.substr(at_), "null")) return Anything();
    if (field.is_map()) return Object(nullptr);
    if (!field.is_repeated()) return Single(field);
    if (!Expect('[', absl::StrCat("`[` (\"", field.json_name(), "\" is a list)"))) return false;
    const bool is_placed = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    int64_t index = 0;
    return Entries(']', [&] {
      if (!is_placed) return Single(field);
      return Placed(absl::StrCat("[", index++, "]"), at_, [&] { return Single(field); });
    });
  }

  // One value, perhaps of a list.
  bool Single(const FieldDescriptor& field) {
    SkipSpace();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (absl::StartsWith(field.message_type()->full_name(), "google.protobuf."))
          return Anything();
        return Object(field.message_type());
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string ignored;
        return String(ignored);
      }
      case FieldDescriptor::CPPTYPE_BOOL:
        return Bool(field);
      case FieldDescriptor::CPPTYPE_ENUM:
        return Enum(field);
      default:
        return Number(field);
    }
  }

  bool Bool(const FieldDescriptor& field) {
    const size_t start = at_;
    const absl::string_view word = Word();
    if (word == "true" || word == "false") return true;
    at_ = start;
    return Fail(start, absl::StrCat("\"", field.json_name(), "\" must be true or false", Found()));
  }

  bool Enum(const FieldDescriptor& field) {
    const size_t start = at_;
    if (Peek() != '"') return Number(field);
    std::string name;
    if (!String(name)) return false;
    std::vector<std::string> names;
    names.reserve(field.enum_type()->value_count());
    for (int i = 0; i < field.enum_type()->value_count(); ++i) {
      names.push_back(field.enum_type()->value(i)->name());
    }
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
    return Fail(
        start, absl::StrCat("\"", field.json_name(), "\" cannot be \"", name, "\"",
                            DidYouMean(name, names), "; allowed are ", absl::StrJoin(names, ", ")));
  }

  bool Number(const FieldDescriptor& field) {
    const size_t start = at_;
    const bool quoted = Peek() == '"';
    std::string text;
    if (quoted) {
      if (!String(text)) return false;
    } else {
      text = std::string(Word());
    }
    const bool special = text == "NaN" || text == "Infinity" || text == "-Infinity";
    double value = 0;
    const bool is_number = IsJsonNumber(text) && absl::SimpleAtod(text, &value);
    if (is_number && value - value == 0) return Whole(field, text, start);
    if (quoted && special && field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) return true;
    at_ = start;
    const char* hint = special         ? " (write it in double quotes)"
                       : Peek() == '[' ? "; rows of numbers follow each other in one list"
                                       : "";
    if (is_number) return Fail(start, absl::StrCat("this number is too large", Found()));
    return Fail(start, absl::StrCat("\"", field.json_name(), "\" must be a number", Found(), hint));
  }

  // Integer fields want whole numbers.
  bool Whole(const FieldDescriptor& field, const std::string& text, size_t start) {
    int64_t value = 0;
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) return true;
    if (absl::SimpleAtoi(text, &value)) return true;
    return Fail(start,
                absl::StrCat("\"", field.json_name(), "\" must be a whole number, found ", text));
  }

  // A value of which only the syntax matters.
  bool Anything() {
    SkipSpace();
    std::string ignored;
    if (Peek() == '"') return String(ignored);
    if (Peek() == '{') return Object(nullptr);
    if (Peek() == '[') {
      ++at_;
      return Entries(']', [&] { return Anything(); });
    }
    const size_t start = at_;
    const absl::string_view word = Word();
    if (word == "true" || word == "false" || word == "null") return true;
    if (IsJsonNumber(word)) return true;
    at_ = start;
    return Fail(start, absl::StrCat("expected a value", Found()));
  }

  const absl::string_view text_;
  size_t at_ = 0;             // next byte to read
  int depth_ = 0;             // open objects and lists
  JsonPlaces* const places_;  // may be null
  std::string path_;          // of the field that is read, if there are places_
  int line_ = 1;              // of the byte that was asked for last
  size_t line_start_ = 0;     // its first byte
  std::optional<SourceProblem> problem_;
};

}  // namespace

std::optional<SourceProblem> CheckJson(absl::string_view text, const Descriptor* root,
                                       JsonPlaces* places) {
  return Checker(text, places).Run(root);
}

}  // namespace cellar
