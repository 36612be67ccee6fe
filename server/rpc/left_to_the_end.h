// What is not given back any more, because the process is about to end: of a message of millions of
// parts giving back takes a second or more, and cannot be cut short; the system takes all memory
// back at once. Only for what is left when a drain was forced. It stays reachable, so that nobody
// takes it for a leak.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_RPC_LEFT_TO_THE_END_H_
#define CELLAR_SERVER_RPC_LEFT_TO_THE_END_H_

#include <cstddef>
#include <memory>

namespace cellar {

// Keeps it for ever.
void LeaveToTheEnd(std::shared_ptr<void> left);

// How many have been left so far.
size_t LeftToTheEnd();

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_LEFT_TO_THE_END_H_
