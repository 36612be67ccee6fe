// The sums over k: chains of fused multiply-adds over packed weights (packed_matrix.h), a lane
// each, for one row of a batch or for many. However the work is blocked, a chain runs over
// ascending k and is at most saved and loaded in between, so the bits are those of the definition
// (step.cc).
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
#include <utility>

#include "hwy/highway.h"
#include "server/cell/packed_matrix.h"
#include "server/cell/vector_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cellar::HWY_NAMESPACE {

// MultiplyTile for 1 to TileRows rows.
template <WeightStorage kStorage, int kVectors, class D,
          class Rows = std::make_integer_sequence<int, TileRows(kStorage, kVectors)>>
struct Tiles;
template <WeightStorage kStorage, int kVectors, class D, int... kRows>
struct Tiles<kStorage, kVectors, D, std::integer_sequence<int, kRows...>> {
  using Tile = void (*)(D, const Product<hn::TFromD<D>>&, int64_t, int64_t);
  static constexpr Tile kOf[] = {MultiplyTile<kStorage, 1 + kRows, kVectors, D>...};
};

// All rows, in tiles as even as they can be: chains of a small tile would wait for each other.
template <WeightStorage kStorage, int kVectors, class D, class Real = hn::TFromD<D>>
HWY_INLINE void MultiplyTiles(D d, Product<Real>& product, int64_t at) {
  constexpr int64_t kMost = TileRows(kStorage, kVectors);
  for (int64_t row = 0; row < product.row_count;) {
    const int64_t left = product.row_count - row;
    const int64_t tiles = (left + kMost - 1) / kMost;
    const int64_t rows = (left + tiles - 1) / tiles;
    Tiles<kStorage, kVectors, D>::kOf[rows - 1](d, product, row, at);
    row += rows;
  }
  product.fetch += WordCount(kStorage, product.columns) * LinesOf<D>(kVectors) * kBlockRows<Real>;
}

// All rows and all of the width. A few rows go in tiles of 4 vectors; more in tiles of 2 or 3, so
// that a dozen take their turn at once and words are read as seldom as can be.
template <WeightStorage kStorage, class D, class Real = hn::TFromD<D>>
HWY_INLINE void Multiply(D d, Product<Real>& product) {
  constexpr int64_t kLanes = kLanesOf<D>;
  const bool alone = product.row_count == 1;
  const bool few = product.row_count <= TileRows(kStorage, 4);
  for (int64_t at = 0; at < product.width;) {
    const int64_t vectors = (product.width - at) / kLanes;
    if (alone && vectors >= 8) {
      MultiplyTile<kStorage, 1, 8>(d, product, 0, at);
      at += 8 * kLanes;
    } else if (alone && vectors >= 6) {
      MultiplyTile<kStorage, 1, 6>(d, product, 0, at);
      at += 6 * kLanes;
    } else if (vectors % 3 == 0 && product.width % (3 * kLanes) == 0) {
      MultiplyTiles<kStorage, 3>(d, product, at);
      at += 3 * kLanes;
    } else if (few && vectors >= 4) {
      MultiplyTiles<kStorage, 4>(d, product, at);
      at += 4 * kLanes;
    } else if (vectors >= 2) {
      MultiplyTiles<kStorage, 2>(d, product, at);
      at += 2 * kLanes;
    } else {
      MultiplyTiles<kStorage, 1>(d, product, at);
      at += kLanes;
    }
  }
}

// Words that are multiplied with all rows before the next ones are. They and the next ones, which
// are fetched meanwhile, stay in the second cache while the rows take their turns: 1 MiB or more
// where there is AVX-512, else often half of that.
constexpr int64_t kStripBytes = int64_t{HWY_TARGET == HWY_AVX2 ? 128 : 256} << 10;

// The same for one row. A tile as wide as the panel reads it straight on, all columns in one go;
// narrower ones take turns, each of which skips what the others read, so what they share has to be
// in the first cache by then. (A panel of two strips or less is there anyway.)
constexpr int64_t kAloneStripBytes = int64_t{16} << 10;

// Words of each chain that are multiplied with all rows before the next ones are.
template <class D, class Real = hn::TFromD<D>>
HWY_INLINE int64_t StripWords(D /*d*/, const Product<Real>& product, int64_t all_words) {
  const int64_t words_bytes = product.width * static_cast<int64_t>(sizeof(Real));
  if (product.row_count > 1) return HWY_MAX(kStripBytes / words_bytes, 1);
  const bool one_tile = product.width <= 8 * kLanesOf<D>;
  if (one_tile || all_words * words_bytes <= 2 * kAloneStripBytes) return all_words;
  return kAloneStripBytes / words_bytes;
}

// All columns of the blocks of `product`, from `weights` on, a strip at a time. `after` is what is
// read next.
template <WeightStorage kStorage, class D, class Real = hn::TFromD<D>>
HWY_INLINE void MultiplyStrips(D d, int64_t columns, const Real* after, Product<Real>& product) {
  const Real* const weights = product.weights;
  const int64_t stride = product.column_stride;
  const int64_t all_words = WordCount(kStorage, columns);
  const int64_t strip = StripWords(d, product, all_words);
  for (int64_t word = 0; word < all_words; word += strip) {
    const int64_t first = word * ColumnsPerWord(kStorage);
    product.weights = weights + word * stride;
    product.first_column = first;
    product.columns = HWY_MIN(strip * ColumnsPerWord(kStorage), columns - first);
    product.fetch = word + strip < all_words ? product.weights + strip * stride : after;
    Multiply<kStorage>(d, product);
  }
}

// sums[r] = start + matrix rows[r], for `block_count` blocks from `block` on, which share a panel.
// `start` is [block][gate][lane] of the whole matrix, or null: 0. `after` is what is read next.
template <class D, class Real = hn::TFromD<D>>
HWY_INLINE void MultiplyBlocks(D d, const PackedMatrix<Real>& matrix, const Real* start,
                               int64_t block, int64_t block_count, const Real* const* rows,
                               int64_t row_count, Real* sums, int64_t sums_stride,
                               const Real* after) {
  Product<Real> product;
  product.weights = matrix.BlockAt(block);
  product.column_stride = matrix.ColumnStride(block);
  product.width = block_count * matrix.block_width();
  product.start = start == nullptr ? nullptr : start + block * matrix.block_width();
  product.rows = rows;
  product.row_count = row_count;
  product.sums = sums;
  product.sums_stride = sums_stride;
  if constexpr (sizeof(Real) == sizeof(float)) {
    if (matrix.storage() == WeightStorage::kBfloat16) {
      return MultiplyStrips<WeightStorage::kBfloat16>(d, matrix.columns(), after, product);
    }
  }
  MultiplyStrips<WeightStorage::kFull>(d, matrix.columns(), after, product);
}

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_PRODUCTS_INL_H_
