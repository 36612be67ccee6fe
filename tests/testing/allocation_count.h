// Counts every allocation of a program that links cellar::allocation_count: it replaces operator
// new.
//
// Thread safety: AllocationCount may be called from any thread.
#ifndef CELLAR_TESTS_TESTING_ALLOCATION_COUNT_H_
#define CELLAR_TESTS_TESTING_ALLOCATION_COUNT_H_

#include <cstdint>

namespace cellar {

// Whether allocations are counted: Clang's ThreadSanitizer brings an operator new of its own that
// cannot be replaced.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CELLAR_CANNOT_COUNT_ALLOCATIONS
#endif
#endif
#ifdef CELLAR_CANNOT_COUNT_ALLOCATIONS
constexpr bool kCountsAllocations = false;
#else
constexpr bool kCountsAllocations = true;
#endif

// Allocations so far. Compare only if kCountsAllocations.
int64_t AllocationCount();

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_ALLOCATION_COUNT_H_
