#include "server/grading/number_word.h"

#include <limits>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/charconv.h"
#include "absl/strings/match.h"

namespace cellar {
namespace {

constexpr char kNoNumber[] = "is no number; write numbers as 1, -0.5, 2e-3, NaN or Infinity";

// Takes a run of digits off the front; returns whether there was one.
bool TakeDigits(absl::string_view& text) {
  size_t count = 0;
  while (count < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[count])))
    ++count;
  text.remove_prefix(count);
  return count > 0;
}

bool TakeOneOf(absl::string_view characters, absl::string_view& text) {
  if (text.empty() || !absl::StrContains(characters, text[0])) return false;
  text.remove_prefix(1);
  return true;
}

// digits [. digits] [e [sign] digits], with a digit on either side of the point.
bool IsDecimal(absl::string_view text) {
  bool has_digits = TakeDigits(text);
  if (TakeOneOf(".", text)) has_digits = TakeDigits(text) || has_digits;
  if (!has_digits) return false;
  if (TakeOneOf("eE", text)) {
    TakeOneOf("+-", text);
    if (!TakeDigits(text)) return false;
  }
  return text.empty();
}

}  // namespace

NumberWord ReadNumberWord(absl::string_view word) {
  absl::string_view unsigned_word = word;
  const bool negative = absl::StartsWith(word, "-");
  TakeOneOf("+-", unsigned_word);
  double value = 0;
  if (absl::EqualsIgnoreCase(unsigned_word, "nan")) {
    return {std::numeric_limits<double>::quiet_NaN(), ""};
  }
  if (absl::EqualsIgnoreCase(unsigned_word, "inf") ||
      absl::EqualsIgnoreCase(unsigned_word, "infinity")) {
    value = std::numeric_limits<double>::infinity();
  } else if (IsDecimal(unsigned_word)) {
    const auto result =
        absl::from_chars(unsigned_word.data(), unsigned_word.data() + unsigned_word.size(), value);
    // Absl's answer for what is out of range: the largest number, or about 0.
    if (result.ec == std::errc::result_out_of_range && value > 1) {
      return {std::nullopt, "is larger than any number of 64 bits; write Infinity if it is meant"};
    }
  } else {
    return {std::nullopt, kNoNumber};
  }
  return {negative ? -value : value, ""};
}

}  // namespace cellar
