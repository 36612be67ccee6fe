#include "server/base/spare_blocks.h"

#include <array>
#include <new>
#include <utility>

namespace cellar {
namespace {

class SpareBlocks {
 public:
  SpareBlocks() = default;
  SpareBlocks(const SpareBlocks&) = delete;
  SpareBlocks& operator=(const SpareBlocks&) = delete;
  ~SpareBlocks() {
    for (Size& size : sizes_) {
      while (size.first != nullptr) ::operator delete(Pop(size));
      size.count = kMostOfSize;  // what else is given back while the thread ends is not kept
    }
  }

  void* Take(size_t bytes) {
    const size_t size = SizeOf(bytes);
    if (size >= kSizeCount) return ::operator new(bytes);
    if (sizes_[size].first == nullptr) return ::operator new(BytesOf(size));
    return Pop(sizes_[size]);
  }

  void GiveBack(void* memory, size_t bytes) {
    const size_t size = SizeOf(bytes);
    if (size >= kSizeCount || sizes_[size].count >= kMostOfSize) return ::operator delete(memory);
    sizes_[size].first = new (memory) Spare{sizes_[size].first};
    ++sizes_[size].count;
  }

 private:
  // The sizes are malloc's: multiples of 16 bytes, but for a word of its own.
  static constexpr size_t kSizeStep = 16;
  static constexpr size_t kMallocWord = 8;
  static constexpr size_t kSizeCount = 64;  // up to 1 KiB: above that numbers cost more than malloc
  static constexpr int kMostOfSize = 32;    // at most 1 MiB a thread, if it uses all sizes

  struct Spare {
    Spare* next;
  };
  struct Size {
    Spare* first = nullptr;
    int count = 0;
  };

  static size_t SizeOf(size_t bytes) { return (bytes + kMallocWord - 1) / kSizeStep; }
  static size_t BytesOf(size_t size) { return (size + 1) * kSizeStep - kMallocWord; }

  static void* Pop(Size& size) {
    --size.count;
    return std::exchange(size.first, size.first->next);
  }

  std::array<Size, kSizeCount> sizes_;
};

thread_local SpareBlocks spare_blocks;

}  // namespace

void* TakeBlock(size_t bytes) { return spare_blocks.Take(bytes); }

void GiveBackBlock(void* memory, size_t bytes) { spare_blocks.GiveBack(memory, bytes); }

}  // namespace cellar
