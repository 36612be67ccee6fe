// Memory that starts on a cache line, for numbers that vector instructions read. Large buffers ask
// for huge pages: fewer page faults when they are filled, fewer misses when they are read.
//
// Thread safety: as std::vector. Ownership: owns its memory; move-only.
#ifndef CELLAR_SERVER_BASE_ALIGNED_BUFFER_H_
#define CELLAR_SERVER_BASE_ALIGNED_BUFFER_H_

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace cellar {

constexpr std::size_t kCacheLineBytes = 64;

// Gives back what AllocateAligned gave. `memory` may be null.
struct FreeAligned {
  std::size_t alignment = kCacheLineBytes;

  void operator()(void* memory) const;
};

// At least `bytes` bytes of zeros that start on a cache line; never null. Throws std::bad_alloc.
std::unique_ptr<void, FreeAligned> AllocateAligned(std::size_t bytes);

template <class Value>
class AlignedBuffer {
 public:
  static_assert(std::is_trivially_copyable_v<Value>);

  AlignedBuffer() = default;
  // `size` zeros.
  explicit AlignedBuffer(std::size_t size)
      : memory_(AllocateAligned(size * sizeof(Value))), size_(size) {}

  AlignedBuffer(AlignedBuffer&& other) noexcept
      : memory_(std::move(other.memory_)), size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    memory_ = std::move(other.memory_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  Value* data() { return static_cast<Value*>(memory_.get()); }
  const Value* data() const { return static_cast<const Value*>(memory_.get()); }
  std::size_t size() const { return size_; }

 private:
  std::unique_ptr<void, FreeAligned> memory_;
  std::size_t size_ = 0;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_BASE_ALIGNED_BUFFER_H_
