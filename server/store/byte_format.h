// What the formats of this floor are written with: little-endian numbers, arrays that tell their
// length, and the envelope that tells whether bytes are what was written. The grammars are in
// snapshot_format.md and record_format.md.
//
// Thread safety: AppendNumber and AppendArray write to the caller's string; a ByteReader belongs to
// one thread.
#ifndef CELLAR_SERVER_STORE_BYTE_FORMAT_H_
#define CELLAR_SERVER_STORE_BYTE_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/base/sha256.h"

namespace cellar {

inline constexpr size_t kChecksumBytes = sizeof(Sha256Digest);

template <class Unsigned>
void AppendNumber(std::string& out, Unsigned value) {
  for (size_t i = 0; i < sizeof(Unsigned); ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

// Eight bytes of length, then the bytes.
inline void AppendArray(std::string& out, absl::string_view bytes) {
  AppendNumber<uint64_t>(out, bytes.size());
  out.append(bytes.data(), bytes.size());
}

// Adds the SHA-256 of everything in `out`.
inline void AppendChecksum(std::string& out) {
  const Sha256Digest checksum = Sha256Of(out);
  out.append(reinterpret_cast<const char*>(checksum.data()), checksum.size());
}

// Whether the last bytes are the SHA-256 of those before. REQUIRES: there are kChecksumBytes.
inline bool ChecksumFits(absl::string_view bytes) {
  const size_t body_size = bytes.size() - kChecksumBytes;
  const Sha256Digest checksum = Sha256Of(bytes.substr(0, body_size));
  return bytes.substr(body_size) ==
         absl::string_view(reinterpret_cast<const char*>(checksum.data()), checksum.size());
}

// Takes bytes from the front; every length is checked before it is used. What was read views or
// copies the bytes given.
class ByteReader {
 public:
  explicit ByteReader(absl::string_view bytes) : bytes_(bytes) {}

  size_t left() const { return bytes_.size(); }

  // REQUIRES: count <= left().
  absl::string_view Bytes(size_t count) {
    const absl::string_view front = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return front;
  }

  // REQUIRES: sizeof(Unsigned) <= left().
  template <class Unsigned>
  Unsigned Number() {
    Unsigned value = 0;
    const absl::string_view front = Bytes(sizeof(Unsigned));
    for (size_t i = 0; i < sizeof(Unsigned); ++i) {
      value |= static_cast<Unsigned>(static_cast<uint8_t>(front[i])) << (8 * i);
    }
    return value;
  }

  // The same, but nothing if it does not end in time.
  template <class Unsigned>
  std::optional<Unsigned> TryNumber() {
    if (left() < sizeof(Unsigned)) return std::nullopt;
    return Number<Unsigned>();
  }

  // An array of AppendArray; nothing if it does not end in time.
  std::optional<absl::string_view> Array() {
    if (left() < sizeof(uint64_t)) return std::nullopt;
    const auto size = Number<uint64_t>();
    if (size > left()) return std::nullopt;
    return Bytes(size);
  }

 private:
  absl::string_view bytes_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_STORE_BYTE_FORMAT_H_
