// Vectors in pairs. An activation is some fifty operations that wait for each other, and a
// processor looks only a few hundred operations ahead: two vectors that go the same way side by
// side, operation by operation, take little longer than one.
//
// + - * / and everything that is declared with CELLAR_IN_PAIRS do to both parts of a pair what they
// do to a vector, so that an equation reads the same for either. What is no pair is for both parts.
//
// Per-target header of Highway: included once for each instruction set by row_kernels.cc.
//
// Thread safety: pure functions.
#if defined(CELLAR_SERVER_CELL_VECTOR_PAIR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CELLAR_SERVER_CELL_VECTOR_PAIR_INL_H_
#undef CELLAR_SERVER_CELL_VECTOR_PAIR_INL_H_
#else
#define CELLAR_SERVER_CELL_VECTOR_PAIR_INL_H_
#endif

#include <type_traits>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cellar::HWY_NAMESPACE {

template <class V>
struct Pair {
  V first, second;
};

template <class V>
constexpr bool kIsPair = false;
template <class V>
constexpr bool kIsPair<Pair<V>> = true;

template <class V>
HWY_INLINE V First(V v) {
  return v;
}
template <class V>
HWY_INLINE V First(Pair<V> pair) {
  return pair.first;
}
template <class V>
HWY_INLINE V Second(V v) {
  return v;
}
template <class V>
HWY_INLINE V Second(Pair<V> pair) {
  return pair.second;
}

template <class V>
HWY_INLINE Pair<V> PairOf(V first, V second) {
  return {first, second};
}

#define CELLAR_PAIR_OPERATOR(op)                                                   \
  template <class A, class B, std::enable_if_t<kIsPair<A> || kIsPair<B>, int> = 0> \
  HWY_INLINE auto operator op(A a, B b) {                                          \
    return PairOf(First(a) op First(b), Second(a) op Second(b));                   \
  }
CELLAR_PAIR_OPERATOR(+)
CELLAR_PAIR_OPERATOR(-)
CELLAR_PAIR_OPERATOR(*)
CELLAR_PAIR_OPERATOR(/)
#undef CELLAR_PAIR_OPERATOR

// After Function(d, v) or Function(d, v, w): the same for pairs.
#define CELLAR_IN_PAIRS(Function)                                                  \
  template <class D, class V>                                                      \
  HWY_INLINE auto Function(D d, Pair<V> v) {                                       \
    return PairOf(Function(d, v.first), Function(d, v.second));                    \
  }                                                                                \
  template <class D, class V>                                                      \
  HWY_INLINE auto Function(D d, Pair<V> v, Pair<V> w) {                            \
    return PairOf(Function(d, v.first, w.first), Function(d, v.second, w.second)); \
  }

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_PAIR_INL_H_
