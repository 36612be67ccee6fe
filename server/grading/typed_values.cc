#include "server/grading/typed_values.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/grading/number_word.h"
#include "server/grading/plain_text.h"

namespace cellar {
namespace {

constexpr absl::string_view kOpening = "([{<";
constexpr absl::string_view kClosing = ")]}>";

enum class CommaMeaning { kSeparator, kDecimal };

// What stood before the place that is being read, blanks left aside.
enum class Before { kNothing, kNumber, kSeparator, kOpening, kClosing };

bool IsDigit(char character) { return character >= '0' && character <= '9'; }

bool IsBlank(char character) { return character == ' ' || character == '\n'; }

class TypedReader {
 public:
  TypedReader(const PlainText& text, CommaMeaning comma)
      : text_(text), plain_(text.plain()), comma_(comma) {}

  TypedValues Read() {
    while (at_ < plain_.size() && result_.problems.size() < kMaxReadProblems) ReadNext();
    for (const auto& [bracket, index] : open_) {
      if (result_.problems.size() >= kMaxReadProblems) break;  // each costs a walk to its place
      Problem(index,
              absl::StrCat("the bracket ", text_.Quoted(index, index + 1), " is not closed"));
    }
    return std::move(result_);
  }

 private:
  void ReadNext() {
    const char next = plain_[at_];
    if (IsBlank(next)) {
      ++at_;
    } else if (absl::StrContains(kOpening, next)) {
      open_.emplace_back(next, at_++);
      before_ = Before::kOpening;
    } else if (absl::StrContains(kClosing, next)) {
      Close();
    } else if (IsSeparator(at_)) {
      Separate();
    } else {
      ReadWord();
    }
  }

  // Whether the character at `index` separates numbers.
  bool IsSeparator(size_t index) const {
    if (plain_[index] == ';') return true;
    return plain_[index] == ',' && !(comma_ == CommaMeaning::kDecimal && IsBetweenDigits(index));
  }

  bool IsBetweenDigits(size_t index) const {
    return index > 0 && index + 1 < plain_.size() && IsDigit(plain_[index - 1]) &&
           IsDigit(plain_[index + 1]);
  }

  void Close() {
    const char opening = kOpening[kClosing.find(plain_[at_])];
    if (open_.empty()) {
      Problem(at_, absl::StrCat("the bracket ", text_.Quoted(at_, at_ + 1), " closes nothing"));
    } else if (open_.back().first != opening) {
      const TextPlace place = text_.PlaceOf(open_.back().second);
      Problem(at_, absl::StrCat("the bracket ", text_.Quoted(at_, at_ + 1), " closes another, ",
                                text_.Quoted(open_.back().second, open_.back().second + 1),
                                " of line ", place.line, ", column ", place.column));
    }
    if (!open_.empty()) open_.pop_back();
    before_ = Before::kClosing;
    ++at_;
  }

  void Separate() {
    if (before_ != Before::kNumber && before_ != Before::kClosing) {
      Problem(at_, absl::StrCat("there is no number before this ", text_.Quoted(at_, at_ + 1)));
    }
    before_ = Before::kSeparator;
    ++at_;
  }

  // Where the word that begins at `begin` ends.
  size_t WordEnd(size_t begin) const {
    size_t end = begin;
    while (end < plain_.size() && !IsBlank(plain_[end]) && !IsSeparator(end) &&
           !absl::StrContains(kOpening, plain_[end]) && !absl::StrContains(kClosing, plain_[end])) {
      ++end;
    }
    return end;
  }

  void ReadWord() {
    const size_t begin = at_;
    at_ = WordEnd(begin);
    std::string word = plain_.substr(begin, at_ - begin);
    if (word == "-" || word == "+") {
      if (!TakeWordBehindSign(begin, word)) return;
    }
    const absl::string_view infinity_sign(&kInfinitySign, 1);
    const NumberWord number =
        ReadNumberWord(absl::StrReplaceAll(word, {{infinity_sign, "inf"}, {",", "."}}));
    if (!number.value.has_value() && IsName(begin)) return RefuseNames(begin);
    if (!number.value.has_value()) {
      Problem(begin, absl::StrCat(text_.Quoted(begin, at_), " ", number.problem));
    }
    result_.values.push_back(number.value.value_or(0));
    before_ = Before::kNumber;
  }

  // Whether the word from `begin` to here names a value ("h = 1", "h=1", "h: 1").
  bool IsName(size_t begin) const {
    const size_t next = std::min(plain_.find_first_not_of(' ', at_), plain_.size());
    const absl::string_view word = absl::string_view(plain_).substr(begin, at_ - begin);
    return word.find_first_of("=:") != absl::string_view::npos ||
           absl::StartsWith(absl::string_view(plain_).substr(next), "=");
  }

  // Who writes names writes many; one problem says it all, and the rest is not read.
  void RefuseNames(size_t begin) {
    Problem(begin, absl::StrCat(text_.Quoted(begin, at_),
                                " is no number; write the values only, without names and signs of "
                                "equality, in the order in which they are asked"));
    at_ = plain_.size();
    open_.clear();
  }

  // A sign, a blank and a number: one number, unless the sign could be between two ("1 - 1").
  bool TakeWordBehindSign(size_t begin, std::string& word) {
    size_t next = at_;
    while (next < plain_.size() && plain_[next] == ' ') ++next;
    const size_t end = WordEnd(next);
    const bool signed_too = end > next && (plain_[next] == '-' || plain_[next] == '+');
    const bool after_number = before_ == Before::kNumber || before_ == Before::kClosing;
    if (end == next || signed_too || after_number) {
      Problem(begin, absl::StrCat("the sign ", text_.Quoted(begin, at_),
                                  " stands alone; write it right before its number"));
      before_ = Before::kSeparator;
      return false;
    }
    word += plain_.substr(next, end - next);
    at_ = end;
    return true;
  }

  void Problem(size_t index, std::string reason) {
    if (result_.problems.size() >= kMaxReadProblems) return;
    const TextPlace place = text_.PlaceOf(index);
    result_.problems.push_back(
        {.line = place.line, .column = place.column, .reason = std::move(reason)});
  }

  const PlainText& text_;
  const std::string& plain_;
  const CommaMeaning comma_;
  size_t at_ = 0;
  Before before_ = Before::kNothing;
  std::vector<std::pair<char, size_t>> open_;  // brackets and where they stand
  TypedValues result_;
};

// Whether a comma between digits could be a decimal point: no point is one.
bool MayHaveDecimalCommas(const std::string& plain) {
  return absl::StrContains(plain, ',') && !absl::StrContains(plain, '.');
}

}  // namespace

TypedValues ReadTypedValues(absl::string_view text, int64_t wanted_count) {
  TextPlace bad_place;
  const std::optional<PlainText> plain = PlainText::Read(text, &bad_place);
  if (!plain.has_value()) {
    return {.problems = {{.line = bad_place.line,
                          .column = bad_place.column,
                          .reason = "this is not text in UTF-8; save it as UTF-8"}}};
  }
  const auto is_wanted = [wanted_count](const TypedValues& read) {
    return read.problems.empty() && static_cast<int64_t>(read.values.size()) == wanted_count;
  };
  TypedValues read = TypedReader(*plain, CommaMeaning::kSeparator).Read();
  if (is_wanted(read) || !MayHaveDecimalCommas(plain->plain())) return read;
  TypedValues decimal = TypedReader(*plain, CommaMeaning::kDecimal).Read();
  return is_wanted(decimal) ? decimal : read;
}

}  // namespace cellar
