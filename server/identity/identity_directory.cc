#include "server/identity/identity_directory.h"

#include <cstring>
#include <memory>

#include "server/base/secret.h"

namespace cellar {
namespace {

uint64_t FirstBytes(const Sha256Digest& digest) {
  uint64_t bytes = 0;
  std::memcpy(&bytes, digest.data(), sizeof(bytes));
  return bytes;
}

}  // namespace

IdentityDirectory::IdentityDirectory(const std::vector<Identity>& identities)
    : count_(static_cast<int64_t>(identities.size())) {
  for (const Identity& identity : identities) {
    Known known{std::make_shared<const Caller>(identity.caller), identity.expire_time};
    if (identity.token_digest.has_value()) {
      tokens_[FirstBytes(*identity.token_digest)].push_back({*identity.token_digest, known});
    } else {
      certificates_.emplace(identity.certificate, known);
    }
  }
}

SharedCaller IdentityDirectory::FindToken(absl::string_view token, absl::Time now) const {
  const Sha256Digest digest = Sha256Of(token);
  const auto found = tokens_.find(FirstBytes(digest));
  if (found == tokens_.end()) return nullptr;
  SharedCaller caller;
  for (const auto& [known_digest, known] : found->second) {
    if (EqualInConstantTime(known_digest, digest) && now < known.expire_time) caller = known.caller;
  }
  return caller;
}

SharedCaller IdentityDirectory::FindCertificate(const std::vector<std::string>& names,
                                                absl::Time now) const {
  for (const std::string& name : names) {
    const auto found = certificates_.find(name);
    if (found != certificates_.end() && now < found->second.expire_time) {
      return found->second.caller;
    }
  }
  return nullptr;
}

}  // namespace cellar
