#include "server/grading/plain_text.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace cellar {
namespace {

constexpr size_t kMaxQuoted = 40;  // characters; enough to recognise it by

constexpr char32_t kByteOrderMark = 0xFEFF;

// Takes one character off the front. Nothing: no UTF-8 (overlong forms, surrogates and numbers
// beyond U+10FFFF are none). REQUIRES: text is not empty.
std::optional<char32_t> TakeCharacter(absl::string_view& text) {
  const auto byte_at = [&text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte_at(0);
  const size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if ((first >= 0x80 && first < 0xC2) || first > 0xF4 || text.size() < size) return std::nullopt;
  char32_t character = size == 1 ? first : first & (0x7F >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((byte_at(i) & 0xC0) != 0x80) return std::nullopt;
    character = character << 6 | (byte_at(i) & 0x3F);
  }
  const bool overlong = (size == 3 && character < 0x800) || (size == 4 && character < 0x10000);
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (overlong || surrogate || character > 0x10FFFF) return std::nullopt;
  text.remove_prefix(size);
  return character;
}

struct Alike {
  char32_t first, last;
  char ascii;
};

// Characters that stand for an ASCII one.
constexpr Alike kAlikes[] = {
    {0x0085, 0x0085, '\n'},
    {0x00A0, 0x00A0, ' '},  // no-break space
    {0x061C, 0x061C, ' '},  // mark of direction
    {0x1680, 0x1680, ' '},
    {0x180E, 0x180E, ' '},
    {0x2000, 0x200F, ' '},  // spaces, zero-width ones, marks of direction
    {0x2010, 0x2015, '-'},  // hyphens and dashes
    {0x2028, 0x2029, '\n'},
    {0x202A, 0x202F, ' '},  // marks of direction, narrow no-break space
    {0x205F, 0x2064, ' '},
    {0x2066, 0x206F, ' '},
    {0x207A, 0x207A, '+'},
    {0x207B, 0x207B, '-'},  // superscript signs
    {0x2212, 0x2212, '-'},  // the minus sign
    {0x221E, 0x221E, kInfinitySign},
    {0x2329, 0x2329, '<'},
    {0x232A, 0x232A, '>'},
    {0x2796, 0x2796, '-'},  // the heavy minus sign
    {0x27E6, 0x27E6, '['},
    {0x27E7, 0x27E7, ']'},  // mathematical brackets
    {0x27E8, 0x27E8, '<'},
    {0x27E9, 0x27E9, '>'},
    {0x3000, 0x3000, ' '},  // ideographic space
    {0x3001, 0x3001, ','},
    {0x3008, 0x3008, '<'},
    {0x3009, 0x3009, '>'},
    {0x3010, 0x3010, '['},
    {0x3011, 0x3011, ']'},
    {0xFE58, 0xFE58, '-'},
    {0xFE63, 0xFE63, '-'},  // small forms
    {kByteOrderMark, kByteOrderMark, ' '},
};

char PlainOf(char32_t character) {
  if (character == '\n') return '\n';
  if (character == '\t' || character == '\v' || character == '\f') return ' ';
  if (character < 0x20 || character == 0x7F) return kOtherCharacter;
  if (character < 0x80) return static_cast<char>(character);
  // The full-width forms stand in the order of ASCII.
  if (character >= 0xFF01 && character <= 0xFF5E) return static_cast<char>(character - 0xFEE0);
  for (const Alike& alike : kAlikes) {
    if (character >= alike.first && character <= alike.last) return alike.ascii;
  }
  return kOtherCharacter;
}

TextPlace PlaceIn(const std::string& plain, size_t index) {
  TextPlace place;
  for (size_t i = 0; i < index; ++i) {
    ++place.column;
    if (plain[i] == '\n') place = {place.line + 1, 1};
  }
  return place;
}

}  // namespace

std::optional<PlainText> PlainText::Read(absl::string_view text, TextPlace* bad_place) {
  PlainText result;
  // A mark that some editors put first, and nobody sees.
  absl::string_view rest = text;
  if (absl::StartsWith(text, "\xEF\xBB\xBF")) rest.remove_prefix(3);
  result.text_ = rest;
  result.plain_.reserve(rest.size());
  while (!rest.empty()) {
    const std::optional<char32_t> character = TakeCharacter(rest);
    if (!character.has_value()) {
      *bad_place = PlaceIn(result.plain_, result.plain_.size());
      return std::nullopt;
    }
    const bool ends_with_feed = *character == '\r' && absl::StartsWith(rest, "\n");
    if (*character == '\r') {
      result.plain_ += ends_with_feed ? ' ' : '\n';
    } else {
      result.plain_ += PlainOf(*character);
    }
  }
  return result;
}

TextPlace PlainText::PlaceOf(size_t index) const { return PlaceIn(plain_, index); }

std::string PlainText::Quoted(size_t begin, size_t end) const {
  const bool cut = end - begin > kMaxQuoted;
  absl::string_view rest = text_;
  for (size_t i = 0; i < begin; ++i) TakeCharacter(rest);
  const absl::string_view from_begin = rest;
  for (size_t i = begin; i < std::min(end, begin + kMaxQuoted); ++i) TakeCharacter(rest);
  const absl::string_view quoted = from_begin.substr(0, from_begin.size() - rest.size());
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(quoted), cut ? "...\"" : "\"");
}

}  // namespace cellar
