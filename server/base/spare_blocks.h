// Small blocks of memory that come and go with every step. What a thread gives back it keeps at
// hand for itself, up to 32 blocks of each size: a step takes a state and inputs and gives back
// those that fall out of the window, and steps are made up to 32 sessions at a time, which is more
// than malloc keeps at hand.
//
// Thread safety: may be called from any thread; a block may be given back by another one than took
// it.
#ifndef CELLAR_SERVER_BASE_SPARE_BLOCKS_H_
#define CELLAR_SERVER_BASE_SPARE_BLOCKS_H_

#include <cstddef>

namespace cellar {

// At least so many bytes, aligned as for any object of the language. REQUIRES: bytes > 0.
void* TakeBlock(size_t bytes);

// REQUIRES: `memory` was taken, for as many bytes.
void GiveBackBlock(void* memory, size_t bytes);

}  // namespace cellar

#endif  // CELLAR_SERVER_BASE_SPARE_BLOCKS_H_
