// Counts every allocation of the program that includes this: in one source only, for it replaces
// operator new.
//
// Thread safety: AllocationCount may be called from any thread.
#ifndef CELLAR_TESTS_TESTING_ALLOCATION_COUNT_H_
#define CELLAR_TESTS_TESTING_ALLOCATION_COUNT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

// Clang's ThreadSanitizer brings an operator new of its own that cannot be replaced.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CELLAR_CANNOT_COUNT_ALLOCATIONS
#endif
#endif

namespace cellar {

inline std::atomic<int64_t> allocation_count{0};

// Allocations so far. Compare only if kCountsAllocations.
inline int64_t AllocationCount() { return allocation_count.load(); }

#ifdef CELLAR_CANNOT_COUNT_ALLOCATIONS
constexpr bool kCountsAllocations = false;
#else
constexpr bool kCountsAllocations = true;
#endif

}  // namespace cellar

// Not inlined: the compiler would take malloc and delete for a mismatch.
#ifndef CELLAR_CANNOT_COUNT_ALLOCATIONS
[[gnu::noinline]] void* operator new(size_t size) {
  cellar::allocation_count.fetch_add(1);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(size_t size, std::align_val_t alignment) {
  cellar::allocation_count.fetch_add(1);
  const size_t multiple = static_cast<size_t>(alignment);
  const size_t rounded = (size + multiple - 1) / multiple * multiple;
  if (void* memory = std::aligned_alloc(multiple, rounded < multiple ? multiple : rounded)) {
    return memory;
  }
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }
#endif

#endif  // CELLAR_TESTS_TESTING_ALLOCATION_COUNT_H_
