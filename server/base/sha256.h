// SHA-256 (FIPS 180-4), by OpenSSL: digests of models and states, checksums of snapshots.
//
// Thread safety: one Sha256 belongs to one thread at a time; the free functions may be called from
// anywhere.
#ifndef CELLAR_SERVER_BASE_SHA256_H_
#define CELLAR_SERVER_BASE_SHA256_H_

#include <openssl/sha.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace cellar {

using Sha256Digest = std::array<uint8_t, 32>;

// Takes bytes piece by piece.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(const void* data, size_t size_bytes);

  // The digest of everything so far. REQUIRES: called once, last.
  Sha256Digest Finish();

 private:
  SHA256_CTX context_;
};

Sha256Digest Sha256Of(absl::string_view bytes);

// Lower-case hexadecimal, 64 characters.
std::string ToHex(const Sha256Digest& digest);

// The same over what is in *hex, whose memory is used again.
void WriteHex(const Sha256Digest& digest, std::string* hex);

}  // namespace cellar

#endif  // CELLAR_SERVER_BASE_SHA256_H_
