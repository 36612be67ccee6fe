#include "client/number_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/charconv.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cellar {
namespace {

constexpr char kTypographicMinus[] = "\xe2\x88\x92";  // U+2212 in UTF-8

// Whole numbers below this are written without an exponent: exact in both precisions.
constexpr double kWholeLimit = 1e6;

// The shortest text that gives the same number back in the precision.
std::string Shortest(double value, v1::Precision precision) {
  char buffer[64];
  const auto end = precision == v1::PRECISION_FLOAT64
                       ? std::to_chars(buffer, buffer + sizeof(buffer), value)
                       : std::to_chars(buffer, buffer + sizeof(buffer), static_cast<float>(value));
  return std::string(buffer, end.ptr);
}

// A float computation never gives a number that is not a float; if one comes, it is shown as is.
v1::Precision PrecisionToShow(double value, v1::Precision precision) {
  if (precision == v1::PRECISION_FLOAT64) return precision;
  const bool is_float = static_cast<double>(static_cast<float>(value)) == value;
  return is_float ? v1::PRECISION_FLOAT32 : v1::PRECISION_FLOAT64;
}

// Number of significant digits of a text made by Shortest: those between the first and the last
// that is not 0, in front of the exponent.
int CountDigits(absl::string_view text) {
  text = text.substr(0, text.find('e'));
  std::string digits;
  for (const char character : text) {
    if (absl::ascii_isdigit(character)) digits += character;
  }
  const size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return 1;
  return static_cast<int>(digits.find_last_not_of('0') - first + 1);
}

// Below this a number has lost bits to the format's range, and few digits tell it apart while they
// say little about its size: 3.784e-44 reads "4e-44" at its shortest.
double SmallestNormal(v1::Precision precision) {
  return precision == v1::PRECISION_FLOAT64 ? std::numeric_limits<double>::min()
                                            : std::numeric_limits<float>::min();
}

constexpr char kSeparators[] = " \t\r\n,;[](){}";

// Whether the character at `at` is a comma between two digits.
bool IsBetweenDigits(absl::string_view text, size_t at) {
  const auto is_digit = [&](size_t index) {
    return index < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[index]));
  };
  return at > 0 && text[at] == ',' && is_digit(at - 1) && is_digit(at + 1);
}

// The text with points in place of commas between digits; as it is if some number has a point.
std::string WithDecimalPoints(absl::string_view text) {
  std::string points(text);
  if (absl::StrContains(text, '.')) return points;
  for (size_t at = 0; at < text.size(); ++at) {
    if (IsBetweenDigits(text, at)) points[at] = '.';
  }
  return points;
}

absl::StatusOr<std::vector<double>> SeparatedNumbers(absl::string_view text) {
  std::vector<double> numbers;
  size_t begin = text.find_first_not_of(kSeparators);
  while (begin != absl::string_view::npos) {
    const size_t end = std::min(text.find_first_of(kSeparators, begin), text.size());
    const absl::StatusOr<double> number = ParseNumber(text.substr(begin, end - begin));
    if (!number.ok()) return number.status();
    numbers.push_back(*number);
    begin = text.find_first_not_of(kSeparators, end);
  }
  return numbers;
}

// What to write in place of the first word of `points`, the text with decimal points, that was
// written with a comma.
absl::Status MayBeOneNumberOrTwo(absl::string_view text, absl::string_view points) {
  size_t comma = 0;
  while (text[comma] == points[comma]) ++comma;
  const size_t before = points.find_last_of(kSeparators, comma);
  const size_t begin = before == absl::string_view::npos ? 0 : before + 1;
  const size_t end = std::min(points.find_first_of(kSeparators, comma), points.size());
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", text.substr(begin, end - begin), "\" may be one number or two; write ",
      points.substr(begin, end - begin), " for one, and ", text.substr(begin, comma - begin), " ",
      text.substr(comma + 1, end - comma - 1), " for two"));
}

}  // namespace

std::string FormatNumber(double value, const NumberFormat& format) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value == 0) return std::signbit(value) ? "-0" : "0";
  if (std::fabs(value) < kWholeLimit && value == std::trunc(value)) {
    return absl::StrFormat("%.0f", value);
  }
  const v1::Precision precision = PrecisionToShow(value, format.precision);
  std::string shortest = Shortest(value, precision);
  if (format.digits <= 0) return shortest;
  const bool normal = std::fabs(value) >= SmallestNormal(precision);
  if (normal && CountDigits(shortest) <= format.digits) return shortest;
  // One decimal at least, where it can be written out: "1234" would look whole.
  const double whole_digits = std::pow(10.0, format.digits - 1);
  if (std::fabs(value) >= whole_digits && std::fabs(value) < kWholeLimit) {
    return absl::StrFormat("%.1f", value);
  }
  return absl::StrFormat("%#.*g", format.digits, value);
}

absl::StatusOr<double> ParseNumber(absl::string_view word) {
  std::string text(word);
  if (absl::StartsWith(text, kTypographicMinus)) {
    text = absl::StrCat("-", text.substr(sizeof(kTypographicMinus) - 1));
  } else if (absl::StartsWith(text, "+") && !absl::StartsWith(text, "+-")) {
    text.erase(0, 1);
  }
  double value = 0;
  const char* const end = text.data() + text.size();
  const absl::Status no_number = absl::InvalidArgumentError(
      absl::StrCat("\"", word, "\" is not a number; write numbers as 1, -0.5, 2e-3 or inf"));
  if (absl::StrContains(text, 'x') || absl::StrContains(text, 'X'))
    return no_number;  // hexadecimal
  const auto result = absl::from_chars(text.data(), end, value);
  if (result.ec == std::errc::result_out_of_range) {
    // Too small is as good as 0 or the nearest denormal; too large is a typing error.
    if (std::fabs(value) <= 1.0) return value;
    return absl::InvalidArgumentError(absl::StrCat("\"", word, "\" is too large for a number"));
  }
  if (text.empty() || result.ec != std::errc() || result.ptr != end) return no_number;
  return value;
}

absl::StatusOr<std::vector<double>> ParseNumbers(absl::string_view text, int64_t step_size) {
  absl::StatusOr<std::vector<double>> numbers = SeparatedNumbers(text);
  const std::string points = WithDecimalPoints(text);
  if (points == text) return numbers;
  const auto decimals = SeparatedNumbers(points);
  if (!decimals.ok()) return numbers;
  const auto are_steps = [step_size](const absl::StatusOr<std::vector<double>>& some) {
    return some.ok() && static_cast<int64_t>(some->size()) % step_size == 0;
  };
  if (step_size > 0 && are_steps(numbers) && !are_steps(decimals)) return numbers;
  return MayBeOneNumberOrTwo(text, points);
}

double RoundTiesToZero(double value) {
  if (!std::isfinite(value)) return value;
  const double rounded = std::ceil(std::fabs(value) - 0.5);
  return rounded <= 0 ? 0.0 : std::copysign(rounded, value);
}

}  // namespace cellar
