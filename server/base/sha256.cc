#include "server/base/sha256.h"

#include <openssl/evp.h>

#include <utility>

#include "absl/strings/escaping.h"

namespace cellar {
namespace {

// Looked up once: EVP_sha256() is looked up again by every digest, which costs as much as hashing
// half a KiB. Lives for ever.
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

}  // namespace

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

// A context is used again by the next digest of its thread: a step has one, and must not allocate.
Sha256::Sha256() : context_(std::move(Spare())) {
  if (context_ == nullptr) context_ = std::make_unique<Context>();
  EVP_DigestInit_ex(context_->evp, Algorithm(), nullptr);
}

Sha256::~Sha256() { Spare() = std::move(context_); }

std::unique_ptr<Sha256::Context>& Sha256::Spare() {
  thread_local std::unique_ptr<Context> spare;
  return spare;
}

void Sha256::Update(const void* data, size_t size_bytes) {
  EVP_DigestUpdate(context_->evp, data, size_bytes);
}

Sha256Digest Sha256::Finish() {
  Sha256Digest digest;
  EVP_DigestFinal_ex(context_->evp, digest.data(), nullptr);
  return digest;
}

Sha256Digest Sha256Of(absl::string_view bytes) {
  Sha256 hash;
  hash.Update(bytes.data(), bytes.size());
  return hash.Finish();
}

std::string ToHex(const Sha256Digest& digest) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

}  // namespace cellar
