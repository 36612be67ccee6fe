#include "server/grading/answer_npy.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/grading/value_counts.h"

namespace cellar {
namespace {

constexpr absl::string_view kMagic = "\x93NUMPY";

ReadAnswer NoArray(std::string reason) { return {.problems = {{.reason = std::move(reason)}}}; }

// What the header says.
struct Layout {
  char byte_order = '<';  // < > or | (one byte)
  char kind = 'f';        // f i u b
  size_t item_bytes = 8;
  bool fortran_order = false;
  std::vector<uint64_t> shape;
};

// The text behind `'key':` in the header's dictionary; nothing: there is no such key.
std::optional<absl::string_view> FindKey(absl::string_view header, absl::string_view key) {
  for (const char quote : {'\'', '"'}) {
    const std::string quoted = absl::StrCat(std::string(1, quote), key, std::string(1, quote));
    const size_t at = header.find(quoted);
    if (at == absl::string_view::npos) continue;
    absl::string_view rest = absl::StripLeadingAsciiWhitespace(header.substr(at + quoted.size()));
    if (!absl::ConsumePrefix(&rest, ":")) return std::nullopt;
    return absl::StripLeadingAsciiWhitespace(rest);
  }
  return std::nullopt;
}

// '<f8', without its quotes.
bool ReadType(absl::string_view text, Layout& layout) {
  if (text.size() < 5 || (text[0] != '\'' && text[0] != '"')) return false;
  const size_t end = text.find(text[0], 1);
  if (end == absl::string_view::npos || end < 4) return false;
  layout.byte_order = text[1];
  layout.kind = text[2];
  if (!absl::SimpleAtoi(text.substr(3, end - 3), &layout.item_bytes)) return false;
  const size_t bytes = layout.item_bytes;
  const bool whole = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
  const bool known = (layout.kind == 'f' && whole && bytes > 1) ||
                     ((layout.kind == 'i' || layout.kind == 'u') && whole) ||
                     (layout.kind == 'b' && bytes == 1);
  const bool ordered = layout.byte_order == '<' || layout.byte_order == '>' ||
                       (layout.byte_order == '|' && bytes == 1);
  return known && ordered;
}

// What a type that is no number is called, with its own name where that is a word.
std::string TypeWords(const std::optional<absl::string_view>& type) {
  constexpr size_t kLongestName = 20;
  if (!type.has_value() || type->empty()) return "nothing that is named";
  const char quote = type->front();
  if (quote == '[' || quote == '{') return "records";
  const size_t end = type->find(quote, 1);
  if ((quote != '\'' && quote != '"') || end > kLongestName) return "a type of unknown form";
  const absl::string_view name = type->substr(1, end - 1);
  return absl::StrCat(name == "|O" ? "Python objects, " : "type ", absl::Utf8SafeCHexEscape(name));
}

// "(2, 3)", "(6,)" or "()".
bool ReadShape(absl::string_view text, Layout& layout) {
  const size_t end = text.find(')');
  if (text.empty() || text[0] != '(' || end == absl::string_view::npos) return false;
  for (absl::string_view part : absl::StrSplit(text.substr(1, end - 1), ',')) {
    part = absl::StripAsciiWhitespace(part);
    if (part.empty()) continue;
    uint64_t length = 0;
    if (!absl::SimpleAtoi(part, &length)) return false;
    layout.shape.push_back(length);
  }
  return layout.shape.size() <= 64;
}

// The first `count` bytes as a little-endian number. REQUIRES: they are there.
uint64_t ReadUnsigned(absl::string_view bytes, size_t count, bool big_endian) {
  uint64_t number = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t at = big_endian ? i : count - 1 - i;
    number = number << 8 | static_cast<unsigned char>(bytes[at]);
  }
  return number;
}

double ReadHalf(uint64_t bits) {
  const auto exponent = static_cast<int>(bits >> 10 & 0x1F);
  const auto fraction = static_cast<double>(bits & 0x3FF);
  double magnitude = std::ldexp(fraction, -24);
  if (exponent == 0x1F) {
    magnitude = fraction == 0 ? std::numeric_limits<double>::infinity()
                              : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent > 0) {
    magnitude = std::ldexp(1024 + fraction, exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

double ReadItem(absl::string_view bytes, const Layout& layout) {
  const uint64_t bits = ReadUnsigned(bytes, layout.item_bytes, layout.byte_order == '>');
  const size_t size = layout.item_bytes;
  switch (layout.kind) {
    case 'f':
      if (size == 2) return ReadHalf(bits);
      if (size == 4) return std::bit_cast<float>(static_cast<uint32_t>(bits));
      return std::bit_cast<double>(bits);
    case 'i': {
      // The sign bit is moved to the front and back.
      const size_t unused = 64 - 8 * size;
      return static_cast<double>(static_cast<int64_t>(bits << unused) >> unused);
    }
    default:
      return static_cast<double>(bits);
  }
}

// Where, in Fortran order, the element stands that is number `index` in C order.
uint64_t FortranIndex(uint64_t index, const std::vector<uint64_t>& shape) {
  uint64_t stride = 1;
  for (const uint64_t length : shape) stride *= length;
  uint64_t position = 0;
  for (size_t axis = shape.size(); axis-- > 0;) {
    stride /= shape[axis];
    position += index % shape[axis] * stride;
    index /= shape[axis];
  }
  return position;
}

// The header of any version, and what stands behind it.
struct Parts {
  absl::string_view header;
  absl::string_view data;
};

std::optional<Parts> SplitFile(absl::string_view content) {
  if (content.size() < 10) return std::nullopt;
  const char major = content[6];
  if (major < 1 || major > 3) return std::nullopt;
  const size_t length_bytes = major == 1 ? 2 : 4;
  const size_t begin = 8 + length_bytes;
  if (content.size() < begin) return std::nullopt;
  const uint64_t length = ReadUnsigned(content.substr(8), length_bytes, /*big_endian=*/false);
  if (length > content.size() - begin) return std::nullopt;
  return Parts{content.substr(begin, length), content.substr(begin + length)};
}

// Elements of the shape; nothing: more than the data can hold.
std::optional<uint64_t> CountElements(const Layout& layout, size_t data_bytes) {
  uint64_t count = 1;
  for (const uint64_t length : layout.shape) {
    if (length == 0) return 0;
    if (count > data_bytes / length) return std::nullopt;
    count *= length;
  }
  return count;
}

}  // namespace

bool HasNpyMagic(absl::string_view content) { return absl::StartsWith(content, kMagic); }

ReadAnswer ReadNpy(const Exercise& exercise, absl::string_view content) {
  if (!HasNpyMagic(content))
    return NoArray("the file is no NumPy array: it does not begin as an .npy file");
  const std::optional<Parts> parts = SplitFile(content);
  if (!parts.has_value()) {
    return NoArray(
        "the file is no NumPy array: its header is cut off or of an unknown version (1 to 3)");
  }
  Layout layout;
  const auto type = FindKey(parts->header, "descr");
  if (!type.has_value() || !ReadType(*type, layout)) {
    return NoArray(absl::StrCat("the file is an array of ", TypeWords(type),
                                "; it must be of real or integer numbers of up to 64 bits: save it "
                                "with .astype(float)"));
  }
  const auto order = FindKey(parts->header, "fortran_order");
  layout.fortran_order = order.has_value() && absl::StartsWith(*order, "True");
  const auto shape = FindKey(parts->header, "shape");
  if (!shape.has_value() || !ReadShape(*shape, layout)) {
    return NoArray("the file is no NumPy array: its header has no shape");
  }
  const std::optional<uint64_t> count = CountElements(layout, parts->data.size());
  if (!count.has_value() || *count * layout.item_bytes != parts->data.size()) {
    return NoArray(absl::StrCat("the file is a damaged NumPy array: its shape does not fit its ",
                                parts->data.size(), " bytes of numbers"));
  }
  std::vector<double> values(*count);
  for (uint64_t i = 0; i < *count; ++i) {
    const uint64_t at = layout.fortran_order ? FortranIndex(i, layout.shape) : i;
    values[i] = ReadItem(parts->data.substr(at * layout.item_bytes), layout);
  }
  return DealOut(exercise, values);
}

}  // namespace cellar
