// Keeps connections from taking all descriptors of the process. The store, the files of TLS and
// identities and the operator's pages need some too, and gRPC (1.51) stops listening for ever once
// accept4 fails for want of one: whoever opened enough connections would have shut the server to
// everybody, until it is started again.
//
// Linking this file replaces the C library's accept4, which gRPC calls: a connection whose
// descriptor would be beyond MaxConnectionDescriptor is closed at once, before a byte of it is
// read, and its client may try again. Descriptors are given out from the lowest on, so that their
// number tells how many there are.
//
// Thread safety: all functions may be called from any thread.
#ifndef CELLAR_SERVER_RPC_ACCEPT_GUARD_H_
#define CELLAR_SERVER_RPC_ACCEPT_GUARD_H_

#include <cstdint>

#include "server/base/counter.h"

namespace cellar {

// The highest descriptor that a connection may have, if the process may have `limit` of them: an
// eighth is kept back, but 64 at least and 1024 at most; of very few, half.
int64_t MaxConnectionDescriptor(int64_t limit);

// Lets this process have as many descriptors as it may ask for. No effect where that is refused.
void RaiseDescriptorLimit();

// Connections that were closed at once, since the process began.
const Counter& TurnedAwayConnections();

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_ACCEPT_GUARD_H_
