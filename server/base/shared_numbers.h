// Numbers that are written once and then shared: an array of float or double in one piece of
// memory, with 8 bytes beside the numbers and a handle of 8 bytes.
//
// Thread safety: a value; copies share the numbers, which may be read from any thread. Only the
// holder of an array that nobody else shares writes to it.
#ifndef CELLAR_SERVER_BASE_SHARED_NUMBERS_H_
#define CELLAR_SERVER_BASE_SHARED_NUMBERS_H_

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "absl/types/span.h"

namespace cellar {

class SharedNumbers {
 public:
  // No array at all.
  SharedNumbers() = default;
  SharedNumbers(std::nullptr_t) {}  // NOLINT(google-explicit-constructor): as pointers are
  SharedNumbers(const SharedNumbers& other) : block_(other.block_) {
    if (block_ != nullptr) block_->sharers.fetch_add(1, std::memory_order_relaxed);
  }
  SharedNumbers(SharedNumbers&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedNumbers& operator=(SharedNumbers other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedNumbers() {
    if (block_ != nullptr) Release(block_);
  }

  // `count` numbers that mean nothing until they are written. REQUIRES: count < 2^31.
  template <class Real>
  static SharedNumbers OfSize(int64_t count) {
    return SharedNumbers(Allocate(count, std::is_same_v<Real, double>));
  }

  // A copy of `numbers`.
  template <class Real>
  static SharedNumbers Of(absl::Span<const Real> numbers) {
    return SharedNumbers(
        Copy(numbers.data(), static_cast<int64_t>(numbers.size()), std::is_same_v<Real, double>));
  }

  // The same numbers, shared with nobody. REQUIRES: there is an array.
  SharedNumbers Clone() const { return SharedNumbers(Copy(block_ + 1, count(), is_double())); }

  // REQUIRES, here and below: there is an array; where there is a Real, of this type.
  int64_t count() const { return block_->shape >> 1; }
  bool is_double() const { return (block_->shape & 1) != 0; }
  int64_t size_bytes() const { return count() << (is_double() ? 3 : 2); }

  template <class Real>
  absl::Span<const Real> As() const {
    assert(is_double() == (std::is_same_v<Real, double>));
    return {reinterpret_cast<const Real*>(block_ + 1), static_cast<size_t>(count())};
  }

  // For writing. REQUIRES: nobody else shares them.
  template <class Real>
  absl::Span<Real> Mutable() {
    assert(is_double() == (std::is_same_v<Real, double>));
    assert(block_->sharers.load(std::memory_order_relaxed) == 1);
    return {reinterpret_cast<Real*>(block_ + 1), static_cast<size_t>(count())};
  }

  // Has the processor fetch what is soon to be used or freed, the beginning of it at least. It is
  // read, and nobody waits for that: where the page has not been touched for long either, a
  // prefetch alone would be dropped. REQUIRES: there is an array.
  void Prefetch() const {
    static_cast<void>(*const_cast<const volatile uint32_t*>(&block_->shape));
    for (ptrdiff_t place = 64; place < 256; place += 64) {
      __builtin_prefetch(reinterpret_cast<const char*>(block_) + place);
    }
  }

  // Whether both have the same bits, or neither has any.
  friend bool operator==(const SharedNumbers& a, const SharedNumbers& b);
  friend bool operator==(const SharedNumbers& a, std::nullptr_t) { return a.block_ == nullptr; }

 private:
  // The numbers follow.
  struct Block {
    std::atomic<uint32_t> sharers;
    uint32_t shape;  // twice the number of numbers; odd: of doubles
  };

  explicit SharedNumbers(Block* block) : block_(block) {}

  static Block* Allocate(int64_t count, bool is_double);
  static Block* Copy(const void* numbers, int64_t count, bool is_double);
  static void Release(Block* block);

  Block* block_ = nullptr;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_BASE_SHARED_NUMBERS_H_
