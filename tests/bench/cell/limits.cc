#include "tests/bench/cell/limits.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/bench/cell/limits.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace cellar::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::CappedTag<float, 16>;

// Twelve chains: more than any processor needs to hide the latency, and they fit 16 registers.
int64_t MultiplyAdds(int64_t rounds) {
  const Tag d;
  // Read anew for each chain: equal chains would become one.
  volatile float number = 0.999f;
  const auto start = [&] { return hn::Set(d, number); };
  const auto factor = start();
  auto a = start(), b = start(), c = start(), e = start(), f = start(), g = start();
  auto h = start(), i = start(), j = start(), k = start(), l = start(), m = start();
  for (int64_t round = 0; round < rounds; ++round) {
    a = hn::MulAdd(a, factor, factor);
    b = hn::MulAdd(b, factor, factor);
    c = hn::MulAdd(c, factor, factor);
    e = hn::MulAdd(e, factor, factor);
    f = hn::MulAdd(f, factor, factor);
    g = hn::MulAdd(g, factor, factor);
    h = hn::MulAdd(h, factor, factor);
    i = hn::MulAdd(i, factor, factor);
    j = hn::MulAdd(j, factor, factor);
    k = hn::MulAdd(k, factor, factor);
    l = hn::MulAdd(l, factor, factor);
    m = hn::MulAdd(m, factor, factor);
  }
  auto sum = hn::Add(hn::Add(hn::Add(a, b), hn::Add(c, e)), hn::Add(hn::Add(f, g), hn::Add(h, i)));
  sum = hn::Add(sum, hn::Add(hn::Add(j, k), hn::Add(l, m)));
  number = hn::GetLane(sum);
  return rounds * 12 * 2 * static_cast<int64_t>(hn::Lanes(d));
}

float Read(const float* numbers, size_t count) {
  const Tag d;
  const size_t lanes = hn::Lanes(d);
  auto a = hn::Zero(d), b = a, c = a, e = a;
  for (size_t i = 0; i < count; i += 4 * lanes) {
    a = hn::Add(a, hn::Load(d, numbers + i));
    b = hn::Add(b, hn::Load(d, numbers + i + lanes));
    c = hn::Add(c, hn::Load(d, numbers + i + 2 * lanes));
    e = hn::Add(e, hn::Load(d, numbers + i + 3 * lanes));
  }
  return hn::GetLane(hn::Add(hn::Add(a, b), hn::Add(c, e)));
}

}  // namespace
}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cellar {

HWY_EXPORT(MultiplyAdds);
HWY_EXPORT(Read);

int64_t MultiplyAddInRegisters(int64_t rounds) {
  return HWY_DYNAMIC_DISPATCH(MultiplyAdds)(rounds);
}

float ReadStraightOn(const float* numbers, size_t count) {
  return HWY_DYNAMIC_DISPATCH(Read)(numbers, count);
}

}  // namespace cellar
#endif  // HWY_ONCE
