// Counts every allocation of a program that links cellar::allocation_count. A plain program has its
// operator new replaced for that. One with a sanitizer keeps the sanitizer's, which checks what
// becomes of the memory, and is told of malloc as well.
//
// Thread safety: AllocationCount may be called from any thread.
#ifndef CELLAR_TESTS_TESTING_ALLOCATION_COUNT_H_
#define CELLAR_TESTS_TESTING_ALLOCATION_COUNT_H_

#include <cstdint>

namespace cellar {

// Allocations so far.
int64_t AllocationCount();

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_ALLOCATION_COUNT_H_
