// What people type, in the few characters that matter: one byte for each character, so that
// places can be told in characters.
//
// Thread safety: values and pure functions.
#ifndef CELLAR_SERVER_GRADING_PLAIN_TEXT_H_
#define CELLAR_SERVER_GRADING_PLAIN_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace cellar {

// Stand for characters that have no like in ASCII: the infinity sign, and any other.
inline constexpr char kInfinitySign = '\x01';
inline constexpr char kOtherCharacter = '\x02';

struct TextPlace {
  int64_t line = 1;    // from 1
  int64_t column = 1;  // in characters, from 1
};

class PlainText {
 public:
  // Nothing: the bytes are not UTF-8; *bad_place then tells where. `text` outlives the result.
  static std::optional<PlainText> Read(absl::string_view text, TextPlace* bad_place);

  // One byte a character. Every minus and dash is '-', every blank ' ' and every end of a line
  // '\n'; full-width forms and other brackets are the ASCII ones; an ideographic comma is ','.
  const std::string& plain() const { return plain_; }

  // Where the character at `index` of plain() stands.
  TextPlace PlaceOf(size_t index) const;

  // The characters from `begin` to `end` as they were typed, in quotes, without control characters,
  // cut if long.
  std::string Quoted(size_t begin, size_t end) const;

 private:
  absl::string_view text_;
  std::string plain_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_PLAIN_TEXT_H_
