// Matrices laid out for vector instructions: a lane is a row, and what a chain reads next stands
// next.
//
// Rows go in blocks of a cache line. The matrices of a cell that are multiplied with the same
// vector (its gates) are interleaved block by block, and a few blocks make a panel, wide enough
// that its chains keep a core busy:
//
//   [panel][column][block of the panel][gate][lane]
//
// A chain over ascending columns reads a panel straight on and needs no sum across lanes, so the
// bit contract (one chain a row, never split) costs nothing. Rows that fill the last block are
// zero.
//
// Each of these numbers is a word. A word of a matrix that is stored as bfloat16 holds two columns
// of a row, the even one in its lower half; all else is as if the matrix had half the columns. (The
// last of an odd number has its words alone.)
//
// Thread safety: as const data. Ownership: owns its numbers; move-only.
#ifndef CELLAR_SERVER_CELL_PACKED_MATRIX_H_
#define CELLAR_SERVER_CELL_PACKED_MATRIX_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/types/span.h"
#include "server/base/aligned_buffer.h"
#include "server/cell/bfloat16.h"

namespace cellar {

// Rows of a block: a cache line, which is also the widest vector.
template <class Real>
constexpr int64_t kBlockRows = static_cast<int64_t>(kCacheLineBytes / sizeof(Real));

template <class Real>
constexpr int64_t BlockCount(int64_t rows) {
  return (rows + kBlockRows<Real> - 1) / kBlockRows<Real>;
}

// `rows` rounded up to whole blocks.
template <class Real>
constexpr int64_t PaddedRows(int64_t rows) {
  return BlockCount<Real>(rows) * kBlockRows<Real>;
}

// No panel has more blocks, and full panels have a number of blocks that divides it: whoever shares
// blocks out in multiples of it never cuts a panel.
constexpr int64_t kMostPanelBlocks = 8;

// Blocks of a full panel, a power of two: 6 or 8 vectors side by side. A chain waits 4 cycles for
// each of its operations and processors start 2 in a cycle.
constexpr int64_t PanelBlocks(int64_t gates) {
  if (gates == 1) return kMostPanelBlocks;
  return gates == 2 ? 4 : 2;
}

constexpr int64_t ColumnsPerWord(WeightStorage storage) {
  return storage == WeightStorage::kBfloat16 ? 2 : 1;
}

// Words of a row of so many columns.
constexpr int64_t WordCount(WeightStorage storage, int64_t columns) {
  return storage == WeightStorage::kBfloat16 ? (columns + 1) >> 1 : columns;
}

// Words of `gates` matrices [rows, columns].
template <class Real>
constexpr int64_t PackedWords(int64_t gates, int64_t rows, int64_t columns, WeightStorage storage) {
  return gates * PaddedRows<Real>(rows) * WordCount(storage, columns);
}

template <class Real>
class PackedMatrix {
 public:
  PackedMatrix() = default;
  // `gates` matrices [rows, columns] of zeros.
  PackedMatrix(int64_t gates, int64_t rows, int64_t columns,
               WeightStorage storage = WeightStorage::kFull)
      : storage_(storage),
        gates_(gates),
        panel_blocks_(PanelBlocks(gates)),
        rows_(rows),
        columns_(columns),
        words_(static_cast<size_t>(PackedWords<Real>(gates, rows, columns, storage))) {
    assert(storage == WeightStorage::kFull || sizeof(Real) == sizeof(uint32_t));
  }

  bool empty() const { return gates_ == 0; }
  WeightStorage storage() const { return storage_; }
  int64_t gates() const { return gates_; }
  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  int64_t blocks() const { return BlockCount<Real>(rows_); }
  int64_t size_bytes() const { return static_cast<int64_t>(words_.size() * sizeof(Real)); }

  // What the same matrices take in this precision, stored in full.
  template <class To>
  int64_t BytesIn() const {
    return PackedWords<To>(gates_, rows_, columns_, WeightStorage::kFull) *
           static_cast<int64_t>(sizeof(To));
  }

  // Words of one block in one column (bfloat16: in two): its gates side by side.
  int64_t block_width() const { return gates_ * kBlockRows<Real>; }

  // Where block `block` begins in column 0. (Words of bfloat16 are only carried as numbers.)
  const Real* BlockAt(int64_t block) const { return words_.data() + OffsetOf(block); }

  // From the words of one column to those of the next, within the panel of `block`.
  int64_t ColumnStride(int64_t block) const {
    const int64_t left = blocks() - (block & -panel_blocks_);
    return (left < panel_blocks_ ? left : panel_blocks_) * block_width();
  }

  // Between the packed matrix of gate `gate` and a row-major one. What is stored as bfloat16 is
  // rounded on its way in, and expanded on its way out.
  void Set(int64_t gate, absl::Span<const Real> row_major) {
    ForEach(gate, [&](int64_t index, size_t at, int shift) {
      if (storage_ == WeightStorage::kFull) {
        words_.data()[at] = row_major[index];
      } else {
        const uint32_t half = ToBfloat16(static_cast<float>(row_major[index]));
        const uint32_t pair = (PairAt(at) & ~(uint32_t{0xFFFF} << shift)) | half << shift;
        std::memcpy(words_.data() + at, &pair, sizeof(pair));
      }
    });
  }
  void Get(int64_t gate, absl::Span<Real> row_major) const {
    ForEach(gate, [&](int64_t index, size_t at, int shift) {
      row_major[index] = storage_ == WeightStorage::kFull
                             ? words_.data()[at]
                             : FromBfloat16(static_cast<uint16_t>(PairAt(at) >> shift));
    });
  }

 private:
  int64_t OffsetOf(int64_t block) const {
    const int64_t in_panel = block & (panel_blocks_ - 1);
    return (block - in_panel) * block_width() * WordCount(storage_, columns_) +
           in_panel * block_width();
  }

  uint32_t PairAt(size_t at) const {
    uint32_t pair;
    std::memcpy(&pair, words_.data() + at, sizeof(pair));
    return pair;
  }

  // Calls visit(index in a row-major matrix, index in words_, where in that word its lowest bit
  // is) for every number of a gate, a block at a time, so that both sides stay in the cache.
  template <class Visit>
  void ForEach(int64_t gate, Visit visit) const {
    const int64_t in_word = ColumnsPerWord(storage_);
    for (int64_t block = 0; block < blocks(); ++block) {
      const int64_t start = OffsetOf(block) + gate * kBlockRows<Real>;
      const int64_t stride = ColumnStride(block);
      const int64_t first = block * kBlockRows<Real>;
      const int64_t lanes = rows_ - first < kBlockRows<Real> ? rows_ - first : kBlockRows<Real>;
      for (int64_t column = 0; column < columns_; ++column) {
        const int64_t words = start + column / in_word * stride;
        const int shift = static_cast<int>(16 * (column % in_word));
        for (int64_t lane = 0; lane < lanes; ++lane) {
          visit((first + lane) * columns_ + column, static_cast<size_t>(words + lane), shift);
        }
      }
    }
  }

  WeightStorage storage_ = WeightStorage::kFull;
  int64_t gates_ = 0;
  int64_t panel_blocks_ = 1;
  int64_t rows_ = 0;
  int64_t columns_ = 0;
  AlignedBuffer<Real> words_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_CELL_PACKED_MATRIX_H_
