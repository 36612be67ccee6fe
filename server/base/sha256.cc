#include "server/base/sha256.h"

// These are deprecated for EVP_Digest*, which can take algorithms from elsewhere and costs 50 ns
// more for each digest, a quarter of that of a small state: a step has one.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace cellar {

Sha256::Sha256() { SHA256_Init(&context_); }

void Sha256::Update(const void* data, size_t size_bytes) {
  SHA256_Update(&context_, data, size_bytes);
}

Sha256Digest Sha256::Finish() {
  Sha256Digest digest;
  SHA256_Final(digest.data(), &context_);
  return digest;
}

#pragma GCC diagnostic pop

Sha256Digest Sha256Of(absl::string_view bytes) {
  Sha256 hash;
  hash.Update(bytes.data(), bytes.size());
  return hash.Finish();
}

std::string ToHex(const Sha256Digest& digest) {
  std::string hex;
  WriteHex(digest, &hex);
  return hex;
}

void WriteHex(const Sha256Digest& digest, std::string* hex) {
  static constexpr char kDigits[] = "0123456789abcdef";
  hex->resize(2 * digest.size());
  char* next = hex->data();
  for (const uint8_t byte : digest) {
    *next++ = kDigits[byte >> 4];
    *next++ = kDigits[byte & 15];
  }
}

}  // namespace cellar
