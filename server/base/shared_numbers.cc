#include "server/base/shared_numbers.h"

#include <cstring>
#include <new>

namespace cellar {

SharedNumbers::Block* SharedNumbers::Allocate(int64_t count, bool is_double) {
  static_assert(sizeof(Block) == 8, "the numbers behind it are aligned");
  const auto number_bytes = static_cast<size_t>(count) << (is_double ? 3 : 2);
  void* const memory = ::operator new(sizeof(Block) + number_bytes);
  return new (memory)
      Block{{1}, static_cast<uint32_t>(count) << 1 | static_cast<uint32_t>(is_double)};
}

SharedNumbers::Block* SharedNumbers::Copy(const void* numbers, int64_t count, bool is_double) {
  Block* const block = Allocate(count, is_double);
  void* const behind = block + 1;
  const auto number_bytes = static_cast<size_t>(count) << (is_double ? 3 : 2);
  if (number_bytes > 0) std::memcpy(behind, numbers, number_bytes);
  return block;
}

void SharedNumbers::Release(Block* block) {
  if (block->sharers.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block->~Block();
  ::operator delete(block);
}

bool operator==(const SharedNumbers& a, const SharedNumbers& b) {
  if (a.block_ == b.block_) return true;
  if (a.block_ == nullptr || b.block_ == nullptr || a.block_->shape != b.block_->shape) {
    return false;
  }
  return std::memcmp(a.block_ + 1, b.block_ + 1, static_cast<size_t>(a.size_bytes())) == 0;
}

}  // namespace cellar
