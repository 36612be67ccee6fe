#include "server/base/aligned_buffer.h"

#include <sys/mman.h>

#include <cstddef>
#include <cstring>
#include <limits>
#include <new>

namespace cellar {
namespace {

// From this size on a buffer starts on a huge page.
constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

}  // namespace

void FreeAligned::operator()(void* memory) const {
  ::operator delete(memory, static_cast<std::align_val_t>(alignment));
}

std::unique_ptr<void, FreeAligned> AllocateAligned(std::size_t bytes) {
  const std::size_t alignment = bytes < kHugePageBytes ? kCacheLineBytes : kHugePageBytes;
  // The operator rounds up, and does not notice when that wraps.
  if (bytes > static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max())) {
    throw std::bad_alloc();
  }
  void* const memory = ::operator new(bytes, static_cast<std::align_val_t>(alignment));
  // Only advice: without huge pages everything works, more slowly.
  if (alignment == kHugePageBytes) madvise(memory, bytes, MADV_HUGEPAGE);
  std::memset(memory, 0, bytes);
  return std::unique_ptr<void, FreeAligned>(memory, FreeAligned{alignment});
}

}  // namespace cellar
