#include "server/base/secret.h"

#include <openssl/crypto.h>
#include <unistd.h>

namespace cellar {

std::string SecretBytes(size_t count) {
  std::string bytes(count, '\0');
  return getentropy(bytes.data(), bytes.size()) == 0 ? bytes : "";
}

bool EqualInConstantTime(const Sha256Digest& a, const Sha256Digest& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace cellar
