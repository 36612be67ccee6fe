// What must not be guessed: random bytes for ids and tokens, and comparing without telling where
// the difference is.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_BASE_SECRET_H_
#define CELLAR_SERVER_BASE_SECRET_H_

#include <cstddef>
#include <string>

#include "server/base/sha256.h"

namespace cellar {

// `count` bytes (at most 256) from the operating system's random source; empty if that refuses, for
// something that can be guessed is worse than nothing. The only place of the product that draws.
std::string SecretBytes(size_t count);

// Whether the digests are equal, in a time that does not depend on how they differ.
bool EqualInConstantTime(const Sha256Digest& a, const Sha256Digest& b);

}  // namespace cellar

#endif  // CELLAR_SERVER_BASE_SECRET_H_
