#include "server/base/shared_numbers.h"

#include <cstring>
#include <new>

#include "server/base/spare_blocks.h"

namespace cellar {
namespace {

size_t BytesOf(uint32_t shape) {
  return sizeof(uint64_t) + (static_cast<size_t>(shape >> 1) << ((shape & 1) != 0 ? 3 : 2));
}

}  // namespace

SharedNumbers::Block* SharedNumbers::Allocate(int64_t count, bool is_double) {
  static_assert(sizeof(Block) == 8, "the numbers behind it are aligned");
  const uint32_t shape = static_cast<uint32_t>(count) << 1 | static_cast<uint32_t>(is_double);
  return new (TakeBlock(BytesOf(shape))) Block{{1}, shape};
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
  GiveBackBlock(block, bytes);
}

bool operator==(const SharedNumbers& a, const SharedNumbers& b) {
  if (a.block_ == b.block_) return true;
  if (a.block_ == nullptr || b.block_ == nullptr || a.block_->shape != b.block_->shape) {
    return false;
  }
  return std::memcmp(a.block_ + 1, b.block_ + 1, static_cast<size_t>(a.size_bytes())) == 0;
}

}  // namespace cellar
