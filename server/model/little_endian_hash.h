// SHA-256 over numbers in the byte order of the canonical forms (model.cc, stack_state.h), whatever
// the order of this machine.
//
// Thread safety: one object belongs to one thread at a time.
#ifndef CELLAR_SERVER_MODEL_LITTLE_ENDIAN_HASH_H_
#define CELLAR_SERVER_MODEL_LITTLE_ENDIAN_HASH_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "server/base/sha256.h"

namespace cellar {

class LittleEndianHash {
 public:
  void Text(absl::string_view text) { hash_.Update(text.data(), text.size()); }

  void Byte(uint8_t byte) { hash_.Update(&byte, 1); }

  void Int64(int64_t value) { Number(value); }

  // Every number, without a length in front.
  template <class Array>
  void Numbers(const Array& numbers) {
    if constexpr (std::endian::native == std::endian::little) {
      hash_.Update(numbers.data(), numbers.size() * sizeof(numbers[0]));
    } else {
      for (auto number : numbers) Number(number);
    }
  }

  // REQUIRES: one of them is called, once, last.
  std::string Hex() { return ToHex(hash_.Finish()); }
  void WriteHex(std::string* hex) { cellar::WriteHex(hash_.Finish(), hex); }

 private:
  template <class Value>
  void Number(Value value) {
    auto bytes = std::bit_cast<std::array<uint8_t, sizeof(Value)>>(value);
    if constexpr (std::endian::native != std::endian::little) {
      std::reverse(bytes.begin(), bytes.end());
    }
    hash_.Update(bytes.data(), bytes.size());
  }

  Sha256 hash_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_MODEL_LITTLE_ENDIAN_HASH_H_
