// Weights kept as bfloat16: the upper half of a float, its sign, its exponent and 7 bits of its
// fraction. Whatever is computed is computed with the float that it stands for, exactly.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_CELL_BFLOAT16_H_
#define CELLAR_SERVER_CELL_BFLOAT16_H_

#include <bit>
#include <cstdint>

namespace cellar {

// How matrices keep their numbers; the words are those of model.proto, which says which matrices.
enum class WeightStorage {
  kFull,      // as they are
  kBfloat16,  // float only
};

constexpr float kLargestBfloat16 = 0x1.FEp127F;

// To the nearest bfloat16, ties to the even one: subnormal numbers like all others, and from
// halfway beyond the largest (0x1.ffp127) on to infinity. A NaN stays one and becomes quiet;
// infinities stay.
constexpr uint16_t ToBfloat16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const bool is_nan = (bits & 0x7FFFFFFF) > 0x7F800000;
  if (is_nan) return static_cast<uint16_t>((bits >> 16) | 0x40);
  const uint32_t is_odd = (bits >> 16) & 1;
  return static_cast<uint16_t>((bits + 0x7FFF + is_odd) >> 16);
}

constexpr float FromBfloat16(uint16_t half) {
  return std::bit_cast<float>(static_cast<uint32_t>(half) << 16);
}

constexpr float RoundToBfloat16(float value) { return FromBfloat16(ToBfloat16(value)); }

}  // namespace cellar

#endif  // CELLAR_SERVER_CELL_BFLOAT16_H_
