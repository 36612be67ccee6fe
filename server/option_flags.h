// The server's flags, in groups by what they are for, as --help shows them.
//
// Thread safety: a function; no shared state.
#ifndef CELLAR_SERVER_OPTION_FLAGS_H_
#define CELLAR_SERVER_OPTION_FLAGS_H_

#include "server/flags.h"
#include "server/options.h"

namespace cellar {

// Adds all of them but --config. What `options` has is the default of each; it outlives `flags`.
void AddOptionFlags(Options& options, Flags& flags);

}  // namespace cellar

#endif  // CELLAR_SERVER_OPTION_FLAGS_H_
