// The file of identities: who may call, as whom, with which roles. One identity a line:
//
//     token sha256:{64 hexadecimal digits} tenant=math-101 roles=owner,grader name=ci
//     certificate dns:grader.example.org tenant=math-101 roles=grader expires=2027-01-31T00:00:00Z
//
// A token stands there as the SHA-256 of its characters: the file lets nobody in. A certificate is
// one that the server's client CA signed, by a name in it: uri:, dns: or email: for an alternative
// name of its subject, cn: for the subject's common name. `tenant` and `roles` are required; `name`
// is for people; after `expires` (RFC 3339) the identity is none. Empty lines and lines that begin
// with # are left out.
//
// Thread safety: values and pure functions.
#ifndef CELLAR_SERVER_IDENTITY_IDENTITY_FILE_H_
#define CELLAR_SERVER_IDENTITY_IDENTITY_FILE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/sha256.h"
#include "server/identity/caller.h"

namespace cellar {

// One line: a token or a certificate, and who that is.
struct Identity {
  std::optional<Sha256Digest> token_digest = {};
  std::string certificate = {};  // "dns:grader.example.org"; empty for a token
  Caller caller;
  absl::Time expire_time = absl::InfiniteFuture();
};

// Reads a whole file. Errors: INVALID_ARGUMENT with one line for each problem (the first twenty),
// naming the line by its number and quoting nothing of it but its words: what stands in the place
// of a digest may be a token.
absl::StatusOr<std::vector<Identity>> ParseIdentities(absl::string_view text);

// The line that stands for `identity`, without an end of line. REQUIRES: it is one that
// ParseIdentities could give.
std::string IdentityLine(const Identity& identity);

// The words that a certificate's names may begin with, for whoever reads them out of one.
inline constexpr absl::string_view kUriPrefix = "uri:";
inline constexpr absl::string_view kDnsPrefix = "dns:";
inline constexpr absl::string_view kEmailPrefix = "email:";
inline constexpr absl::string_view kCommonNamePrefix = "cn:";

}  // namespace cellar

#endif  // CELLAR_SERVER_IDENTITY_IDENTITY_FILE_H_
