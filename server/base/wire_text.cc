#include "server/base/wire_text.h"

#include <cstdint>

namespace cellar {
namespace {

constexpr char kEllipsis[] = "...";
constexpr size_t kEllipsisBytes = 3;

bool IsContinuation(absl::string_view text, size_t index) {
  return index < text.size() && (static_cast<uint8_t>(text[index]) & 0xC0) == 0x80;
}

// Length of the valid UTF-8 character at the beginning of `text`, 0 if there is none (overlong
// forms, surrogates and values beyond U+10FFFF are none). REQUIRES: text is not empty.
size_t CharacterBytes(absl::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  for (size_t i = 1; i < length; ++i) {
    if (!IsContinuation(text, i)) return 0;
  }
  const auto second = static_cast<uint8_t>(text[1]);
  if (lead == 0xE0 && second < 0xA0) return 0;  // overlong
  if (lead == 0xED && second > 0x9F) return 0;  // surrogate
  if (lead == 0xF0 && second < 0x90) return 0;  // overlong
  if (lead == 0xF4 && second > 0x8F) return 0;  // beyond U+10FFFF
  return length;
}

using ByteCost = size_t (*)(char);

size_t PlainCost(char) { return 1; }

size_t PercentEncodedCost(char c) { return c >= ' ' && c <= '~' && c != '%' ? 1 : 3; }

std::string Fit(absl::string_view text, size_t max_cost, ByteCost cost_of) {
  std::string fitted;
  size_t cost = 0;
  size_t cut = 0;  // length of `fitted` up to which an ellipsis has room
  while (!text.empty()) {
    const size_t valid_bytes = CharacterBytes(text);
    const absl::string_view character = valid_bytes > 0 ? text.substr(0, valid_bytes) : "?";
    for (const char c : character) cost += cost_of(c);
    if (cost > max_cost) {
      fitted.resize(cut);
      return fitted + kEllipsis;
    }
    fitted.append(character.data(), character.size());
    if (cost + kEllipsisBytes <= max_cost) cut = fitted.size();
    text.remove_prefix(valid_bytes > 0 ? valid_bytes : 1);
  }
  return fitted;
}

}  // namespace

std::string WireText(absl::string_view text, size_t max_bytes) {
  return Fit(text, max_bytes, PlainCost);
}

std::string WireMessage(absl::string_view text, size_t max_bytes) {
  return Fit(text, max_bytes, PercentEncodedCost);
}

}  // namespace cellar
