// The identities of one reading of the file, to be looked up.
//
// A token is looked up by its digest: by a part of it first, then compared whole in constant time.
// What the first part tells by its timing is about digests, which nobody can turn into tokens.
//
// Thread safety: immutable.
#ifndef CELLAR_SERVER_IDENTITY_IDENTITY_DIRECTORY_H_
#define CELLAR_SERVER_IDENTITY_IDENTITY_DIRECTORY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/identity/caller.h"
#include "server/identity/identity_file.h"

namespace cellar {

class IdentityDirectory {
 public:
  explicit IdentityDirectory(const std::vector<Identity>& identities);

  // Whose token this is at `now`; nullptr for a token that nobody has or that has expired. Cost:
  // one hash of the token.
  SharedCaller FindToken(absl::string_view token, absl::Time now) const;

  // Whose certificate this is at `now`, by the first of `names` ("dns:a.example.org") that is known
  // and has not expired; nullptr if there is none.
  SharedCaller FindCertificate(const std::vector<std::string>& names, absl::Time now) const;

  int64_t count() const { return count_; }

 private:
  struct Known {
    SharedCaller caller;
    absl::Time expire_time;
  };
  struct KnownToken {
    Sha256Digest digest;
    Known known;
  };

  int64_t count_ = 0;
  absl::flat_hash_map<uint64_t, std::vector<KnownToken>> tokens_;  // by their digests' first bytes
  absl::flat_hash_map<std::string, Known> certificates_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_IDENTITY_IDENTITY_DIRECTORY_H_
