// The sums over k: chains of fused multiply-adds over packed weights (packed_matrix.h), a lane
// each, for one row of a batch or for many. However the work is blocked, a chain runs over
// ascending k and is at most saved and loaded in between, so the bits are those of the definition
// (step_kernels.h).
//
// Per-target header of Highway: included once for each instruction set by row_kernels.cc.
//
// Thread safety: pure functions of the arguments. They neither allocate nor fail.
#if defined(CELLAR_SERVER_CELL_VECTOR_PRODUCTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CELLAR_SERVER_CELL_VECTOR_PRODUCTS_INL_H_
#undef CELLAR_SERVER_CELL_VECTOR_PRODUCTS_INL_H_
#else
#define CELLAR_SERVER_CELL_VECTOR_PRODUCTS_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "server/cell/packed_matrix.h"
#include "server/cell/vector_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cellar::HWY_NAMESPACE {

// For 1 to 8 rows.
template <int kVectors, class D, class Real = hn::TFromD<D>>
constexpr void (*kTile[])(D, const Product<Real>&, int64_t, int64_t) = {
    MultiplyTile<1, kVectors, D>, MultiplyTile<2, kVectors, D>, MultiplyTile<3, kVectors, D>,
    MultiplyTile<4, kVectors, D>, MultiplyTile<5, kVectors, D>, MultiplyTile<6, kVectors, D>,
    MultiplyTile<7, kVectors, D>, MultiplyTile<8, kVectors, D>};

// All rows, in tiles as even as they can be: chains of a small tile would wait for each other.
template <int kVectors, class D, class Real = hn::TFromD<D>>
HWY_INLINE void MultiplyTiles(D d, Product<Real>& product, int64_t at) {
  constexpr int64_t kMost = TileRows(kVectors);
  for (int64_t row = 0; row < product.row_count;) {
    const int64_t left = product.row_count - row;
    const int64_t tiles = (left + kMost - 1) / kMost;
    const int64_t rows = (left + tiles - 1) / tiles;
    kTile<kVectors, D>[rows - 1](d, product, row, at);
    const int64_t fetched = product.columns * kFetchedLines * kBlockRows<Real>;
    if (product.fetch_count > 0) product.fetch += fetched;
    product.fetch_count -= fetched;
    row += rows;
  }
}

// All rows and all of the width.
template <class D, class Real = hn::TFromD<D>>
HWY_INLINE void Multiply(D d, Product<Real>& product) {
  constexpr int64_t kLanes = kLanesOf<D>;
  const bool alone = product.row_count == 1;
  for (int64_t at = 0; at < product.width;) {
    const int64_t vectors = (product.width - at) / kLanes;
    if (alone && vectors >= 8) {
      MultiplyTile<1, 8>(d, product, 0, at);
      at += 8 * kLanes;
    } else if (alone && vectors >= 6) {
      MultiplyTile<1, 6>(d, product, 0, at);
      at += 6 * kLanes;
    } else if (vectors == 3 || vectors == 6) {
      MultiplyTiles<3>(d, product, at);
      at += 3 * kLanes;
    } else if (vectors >= 4) {
      MultiplyTiles<4>(d, product, at);
      at += 4 * kLanes;
    } else if (vectors >= 2) {
      MultiplyTiles<2>(d, product, at);
      at += 2 * kLanes;
    } else {
      MultiplyTiles<1>(d, product, at);
      at += kLanes;
    }
  }
}

// Columns that are multiplied with all rows before the next ones are: what is read of a panel then
// stays in the first cache while the rows take their turns.
constexpr int64_t kPieceBytes = int64_t{32} << 10;

// sums[r] = start + matrix rows[r], for `block_count` blocks from `block` on, which share a panel.
// `start` is [block][gate][lane] of the whole matrix, or null: 0. `after` is what is read next.
template <class D, class Real = hn::TFromD<D>>
HWY_INLINE void MultiplyBlocks(D d, const PackedMatrix<Real>& matrix, const Real* start,
                               int64_t block, int64_t block_count, const Real* const* rows,
                               int64_t row_count, Real* sums, int64_t sums_stride,
                               const Real* after) {
  const int64_t width = block_count * matrix.block_width();
  const int64_t columns = matrix.columns();
  const int64_t column_bytes = width * static_cast<int64_t>(sizeof(Real));
  const int64_t piece = row_count == 1 ? columns : HWY_MAX(kPieceBytes / column_bytes, 1);
  Product<Real> product;
  product.column_stride = matrix.ColumnStride(block);
  product.width = width;
  product.start = start == nullptr ? nullptr : start + block * matrix.block_width();
  product.rows = rows;
  product.row_count = row_count;
  product.sums = sums;
  product.sums_stride = sums_stride;
  for (int64_t k = 0; k < columns; k += piece) {
    product.weights = matrix.BlockAt(block) + k * product.column_stride;
    product.first_column = k;
    product.columns = HWY_MIN(piece, columns - k);
    product.fetch = k + piece < columns ? product.weights + piece * product.column_stride : after;
    product.fetch_count = piece * product.column_stride;
    Multiply(d, product);
  }
}

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_PRODUCTS_INL_H_
