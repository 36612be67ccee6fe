// Who may see the answer key, and thereby: the expected values, more feedback than an exercise
// gives, variations, and verdicts on exercises of the caller's own making.
//
// Thread safety: a pure function.
#ifndef CELLAR_SERVER_API_KEY_ACCESS_H_
#define CELLAR_SERVER_API_KEY_ACCESS_H_

#include "server/api/api.h"
#include "server/identity/method_roles.h"

namespace cellar {

// The one decision. (Without identities every caller has every role.)
inline bool MaySeeKey(const Call& call) { return MaySeeAnswerKeys(call.caller->roles); }

}  // namespace cellar

#endif  // CELLAR_SERVER_API_KEY_ACCESS_H_
