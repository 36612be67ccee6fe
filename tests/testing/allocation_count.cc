#include "tests/testing/allocation_count.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "tests/testing/sanitizer.h"

namespace cellar {
namespace {

std::atomic<int64_t> allocation_count{0};

}  // namespace

int64_t AllocationCount() { return allocation_count.load(); }

}  // namespace cellar

#ifdef CELLAR_HAS_SANITIZER

// Of sanitizer/allocator_interface.h, which GCC does not bring. Returns 0 if there is no room for
// one more.
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*allocated)(const volatile void* memory, size_t size),
    void (*freed)(const volatile void* memory));

namespace cellar {
namespace {

void CountAllocation(const volatile void*, size_t) { allocation_count.fetch_add(1); }
void IgnoreFree(const volatile void*) {}

[[maybe_unused]] const bool counting = [] {
  if (__sanitizer_install_malloc_and_free_hooks(CountAllocation, IgnoreFree) == 0) std::abort();
  return true;
}();

}  // namespace
}  // namespace cellar

#else

void* operator new(size_t size) {
  cellar::allocation_count.fetch_add(1);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t size, std::align_val_t alignment) {
  cellar::allocation_count.fetch_add(1);
  const size_t multiple = static_cast<size_t>(alignment);
  const size_t rounded = (size + multiple - 1) / multiple * multiple;
  if (void* memory = std::aligned_alloc(multiple, rounded < multiple ? multiple : rounded)) {
    return memory;
  }
  throw std::bad_alloc();
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  cellar::allocation_count.fetch_add(1);
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

#endif  // CELLAR_HAS_SANITIZER
