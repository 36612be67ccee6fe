#include "server/base/shared_numbers.h"

#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace cellar {
namespace {

// Memory of blocks that a thread has released, for the next ones that it makes: a step takes a
// state and inputs and gives back those that fall out of the window, and steps are made up to 32
// sessions at a time, which is more than malloc keeps at hand.
class SpareBlocks {
 public:
  SpareBlocks() = default;
  SpareBlocks(const SpareBlocks&) = delete;
  SpareBlocks& operator=(const SpareBlocks&) = delete;
  ~SpareBlocks() {
    for (Size& size : sizes_) {
      while (size.first != nullptr) ::operator delete(Pop(size));
      size.count = kMostOfSize;  // what else is released while the thread ends is not kept
    }
  }

  void* Take(size_t bytes) {
    const size_t size = SizeOf(bytes);
    if (size >= kSizeCount) return ::operator new(bytes);
    if (sizes_[size].first == nullptr) return ::operator new((size + 1) * kSizeStep);
    return Pop(sizes_[size]);
  }

  void GiveBack(void* memory, size_t bytes) {
    const size_t size = SizeOf(bytes);
    if (size >= kSizeCount || sizes_[size].count >= kMostOfSize) return ::operator delete(memory);
    sizes_[size].first = new (memory) Spare{sizes_[size].first};
    ++sizes_[size].count;
  }

 private:
  static constexpr size_t kSizeStep = 16;
  static constexpr size_t kSizeCount = 64;  // up to 1 KiB: above that numbers cost more than malloc
  static constexpr int kMostOfSize = 32;    // at most 1 MiB a thread, if it uses all sizes

  struct Spare {
    Spare* next;
  };
  struct Size {
    Spare* first = nullptr;
    int count = 0;
  };

  static size_t SizeOf(size_t bytes) { return (bytes - 1) / kSizeStep; }

  static void* Pop(Size& size) {
    --size.count;
    return std::exchange(size.first, size.first->next);
  }

  std::array<Size, kSizeCount> sizes_;
};

thread_local SpareBlocks spare_blocks;

size_t BytesOf(uint32_t shape) {
  return sizeof(uint64_t) + (static_cast<size_t>(shape >> 1) << ((shape & 1) != 0 ? 3 : 2));
}

}  // namespace

SharedNumbers::Block* SharedNumbers::Allocate(int64_t count, bool is_double) {
  static_assert(sizeof(Block) == 8, "the numbers behind it are aligned");
  const uint32_t shape = static_cast<uint32_t>(count) << 1 | static_cast<uint32_t>(is_double);
  return new (spare_blocks.Take(BytesOf(shape))) Block{{1}, shape};
}

SharedNumbers::Block* SharedNumbers::Copy(const void* numbers, int64_t count, bool is_double) {
  Block* const block = Allocate(count, is_double);
  void* const behind = block + 1;
  const auto number_bytes = static_cast<size_t>(count) << (is_double ? 3 : 2);
  if (number_bytes > 0) std::memcpy(behind, numbers, number_bytes);
  return block;
}

void SharedNumbers::Release(Block* block) {
  // Nobody begins to share what nobody else has: then nothing has to be locked.
  const bool only_one = block->sharers.load(std::memory_order_acquire) == 1;
  if (!only_one && block->sharers.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const size_t bytes = BytesOf(block->shape);
  block->~Block();
  spare_blocks.GiveBack(block, bytes);
}

bool operator==(const SharedNumbers& a, const SharedNumbers& b) {
  if (a.block_ == b.block_) return true;
  if (a.block_ == nullptr || b.block_ == nullptr || a.block_->shape != b.block_->shape) {
    return false;
  }
  return std::memcmp(a.block_ + 1, b.block_ + 1, static_cast<size_t>(a.size_bytes())) == 0;
}

}  // namespace cellar
