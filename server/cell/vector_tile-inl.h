// A register tile: some vectors of chains for some rows of the batch, all under way at once.
//
// Per-target header of Highway: included once for each instruction set by row_kernels.cc.
//
// Thread safety: pure functions of the arguments. They neither allocate nor fail.
#if defined(CELLAR_SERVER_CELL_VECTOR_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CELLAR_SERVER_CELL_VECTOR_TILE_INL_H_
#undef CELLAR_SERVER_CELL_VECTOR_TILE_INL_H_
#else
#define CELLAR_SERVER_CELL_VECTOR_TILE_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "server/cell/packed_matrix.h"
#include "server/cell/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cellar::HWY_NAMESPACE {

// Loops over register tiles have to be unrolled for the tiles to be in registers.
#if HWY_COMPILER_CLANG
#define CELLAR_UNROLL _Pragma("clang loop unroll(full)")
#else
#define CELLAR_UNROLL _Pragma("GCC unroll 12")
#endif

// Vector registers of the instruction set.
constexpr int kRegisters = HWY_TARGET == HWY_AVX2 ? 16 : 32;

constexpr int kMostTileRows = 12;

// Rows of the batch whose chains are under way at once, for chains `vectors` wide: registers for
// the chains, for a column's weights, and for the number of one row. Of bfloat16 two columns are
// under way: registers for a number of each row, a vector of weights, their words and the mask.
constexpr int TileRows(WeightStorage storage, int vectors) {
  if (storage == WeightStorage::kBfloat16) return HWY_MIN((kRegisters - 3) / (vectors + 1), 8);
  return HWY_MIN((kRegisters - vectors - 1) / vectors, kMostTileRows);
}

// Some columns of some blocks that stand side by side, to be multiplied with some rows of the
// batch.
template <class Real>
struct Product {
  const Real* weights;    // words (packed_matrix.h): the first block in the first column
  int64_t column_stride;  // from there to the next column's words
  int64_t width;          // words of the blocks in one column: chains of a row
  int64_t first_column;   // of bfloat16 even
  int64_t columns;
  const Real* start;        // what each chain begins with; null: 0
  const Real* const* rows;  // for each row of the batch, what is multiplied: [all columns]
  int64_t row_count;
  Real* sums;  // [row_count, sums_stride], the first `width` of each: the chains
  int64_t sums_stride;
  const Real* fetch;  // what will be read after this, brought nearer meanwhile
};

// Cache lines of so many vectors.
template <class D>
constexpr int LinesOf(int vectors) {
  return static_cast<int>(BlockCount<hn::TFromD<D>>(vectors * kLanesOf<D>));
}

// Brings a cache line as near as the second cache; anything goes as an address.
HWY_INLINE void Fetch(const void* line) {
#if HWY_COMPILER_GCC || HWY_COMPILER_CLANG
  __builtin_prefetch(line, 0, 2);
#else
  static_cast<void>(line);
#endif
}

// What the words at hand hold: a number each, or the number of one of two columns.
enum class WordPart { kAll, kLowerHalf, kUpperHalf };

template <WordPart kPart, class D, class Real = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadWeights(D d, const Real* HWY_RESTRICT words) {
  if constexpr (kPart == WordPart::kAll) {
    return hn::Load(d, words);
  } else {
    const hn::RebindToUnsigned<D> bits;
    const auto pair = hn::BitCast(bits, hn::Load(d, words));
    const auto weights = kPart == WordPart::kLowerHalf ? hn::ShiftLeft<16>(pair)
                                                       : hn::And(pair, hn::Set(bits, 0xFFFF0000U));
    return hn::BitCast(d, weights);
  }
}

// kRows * kVectors vectors of chains.
template <int kRows, int kVectors, class D>
using Chains = hn::Vec<D>[kRows][kVectors];

// One column more of each chain: weights from `words`, a vector of them every `step`; factors
// rows[r][k].
template <WordPart kPart, int kRows, int kVectors, class D, class Real = hn::TFromD<D>>
HWY_INLINE void AddColumn(D d, const Real* HWY_RESTRICT words, const Real* const* rows, int64_t k,
                          Chains<kRows, kVectors, D>& chains, int64_t step = kLanesOf<D>) {
  using V = hn::Vec<D>;
  V weights[kVectors];
  CELLAR_UNROLL
  for (int n = 0; n < kVectors; ++n) weights[n] = LoadWeights<kPart>(d, words + n * step);
  CELLAR_UNROLL
  for (int r = 0; r < kRows; ++r) {
    const V factor = hn::Set(d, rows[r][k]);
    CELLAR_UNROLL
    for (int n = 0; n < kVectors; ++n) chains[r][n] = Fma(weights[n], factor, chains[r][n]);
  }
}

// Chains over all columns of `product`, from row `row` and word `at` on: begun if the first column
// is among them, else continued. The first of several rows fetch, with each column, as many lines
// as they read; a tile that fetches takes a tenth longer.
template <WeightStorage kStorage, int kRows, int kVectors, class D, class Real = hn::TFromD<D>>
HWY_NOINLINE void MultiplyTile(D d, const Product<Real>& product, int64_t row, int64_t at) {
  using V = hn::Vec<D>;
  constexpr int64_t kLanes = kLanesOf<D>;
  constexpr int kLines = LinesOf<D>(kVectors);
  const Real* HWY_RESTRICT words = product.weights + at;
  const Real* HWY_RESTRICT const start = product.start;
  Real* HWY_RESTRICT const sums = product.sums + row * product.sums_stride + at;
  const int64_t sums_stride = product.sums_stride;
  const int64_t column_stride = product.column_stride;
  const int64_t columns = product.columns;
  const Real* rows[kRows];
  CELLAR_UNROLL
  for (int r = 0; r < kRows; ++r) rows[r] = product.rows[row + r] + product.first_column;

  Chains<kRows, kVectors, D> chains;
  if (product.first_column == 0) {
    CELLAR_UNROLL
    for (int n = 0; n < kVectors; ++n) {
      const V first = start == nullptr ? hn::Zero(d) : hn::Load(d, start + at + n * kLanes);
      CELLAR_UNROLL
      for (int r = 0; r < kRows; ++r) chains[r][n] = first;
    }
  } else {
    CELLAR_UNROLL
    for (int r = 0; r < kRows; ++r) {
      CELLAR_UNROLL
      for (int n = 0; n < kVectors; ++n) {
        chains[r][n] = hn::Load(d, sums + r * sums_stride + n * kLanes);
      }
    }
  }
  const bool fetches = kRows > 1 && row == 0;
  const Real* fetch = product.fetch;
  for (int64_t k = 0; k < columns; k += ColumnsPerWord(kStorage)) {
    if (fetches) {
      CELLAR_UNROLL
      for (int n = 0; n < kLines; ++n) Fetch(fetch + n * kBlockRows<Real>);
      fetch += kLines * kBlockRows<Real>;
    }
    if constexpr (kStorage == WeightStorage::kFull) {
      AddColumn<WordPart::kAll, kRows, kVectors>(d, words, rows, k, chains);
    } else {
      AddColumn<WordPart::kLowerHalf, kRows, kVectors>(d, words, rows, k, chains);
      if (k + 1 == columns) break;
      AddColumn<WordPart::kUpperHalf, kRows, kVectors>(d, words, rows, k + 1, chains);
    }
    words += column_stride;
  }
  CELLAR_UNROLL
  for (int r = 0; r < kRows; ++r) {
    CELLAR_UNROLL
    for (int n = 0; n < kVectors; ++n) {
      hn::Store(chains[r][n], d, sums + r * sums_stride + n * kLanes);
    }
  }
}

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_TILE_INL_H_
