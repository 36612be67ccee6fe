// `cellar-server make-token`: makes a token and the line of the identities file that knows it.
//
// Thread safety: belongs to main's thread; may append to a file.
#ifndef CELLAR_SERVER_MAKE_TOKEN_H_
#define CELLAR_SERVER_MAKE_TOKEN_H_

#include <ostream>

#include "server/base/clock.h"

namespace cellar {

// `argv` begins with the command's own name. Writes the token to `out`, where it is seen this once,
// and behind it its line, or, with --append FILE, that line to the file (made for its owner alone
// if it is not there). Returns the exit code: 0, 1 if it could not be done, 2 for bad usage.
int MakeToken(int argc, const char* const* argv, Clock& clock, std::ostream& out,
              std::ostream& err);

}  // namespace cellar

#endif  // CELLAR_SERVER_MAKE_TOKEN_H_
