// What the machine can do at most, by the widest vectors it has: the limits beside which a kernel
// is judged.
//
// Thread safety: pure functions; each call is one measurement's worth of work on the calling
// thread.
#ifndef CELLAR_TESTS_BENCH_CELL_LIMITS_H_
#define CELLAR_TESTS_BENCH_CELL_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace cellar {

// Runs chains of fused multiply-adds in registers and returns how many floating-point operations
// that were.
int64_t MultiplyAddInRegisters(int64_t rounds);

// Reads `count` floats once, straight on, and returns something that depends on all. REQUIRES:
// `numbers` is aligned like a cache line, `count` a multiple of 256.
float ReadStraightOn(const float* numbers, size_t count);

}  // namespace cellar

#endif  // CELLAR_TESTS_BENCH_CELL_LIMITS_H_
