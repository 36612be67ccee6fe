#include "server/session/zero_states.h"

#include <algorithm>
#include <bit>
#include <type_traits>
#include <utility>

namespace cellar {
namespace {

// The sizes of both precisions, apart.
int64_t KeyOf(const SharedNumbers& state) {
  return state.is_double() ? -1 - state.count() : state.count();
}

template <class Real>
bool HasOnlyZeros(const SharedNumbers& state) {
  using Bits = std::conditional_t<sizeof(Real) == 8, uint64_t, uint32_t>;
  const auto numbers = state.As<Real>();
  return std::all_of(numbers.begin(), numbers.end(),
                     [](Real number) { return std::bit_cast<Bits>(number) == 0; });
}

}  // namespace

SharedNumbers ZeroStates::Share(SharedNumbers state) {
  if (state.size_bytes() > kMostBytes) return state;
  if (!(state.is_double() ? HasOnlyZeros<double>(state) : HasOnlyZeros<float>(state))) return state;
  absl::MutexLock lock(&mutex_);
  const auto found = known_.find(KeyOf(state));
  if (found != known_.end()) return found->second;
  if (static_cast<int64_t>(known_.size()) < kMostSizes) known_.emplace(KeyOf(state), state);
  return state;
}

int64_t ZeroStates::count() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int64_t>(known_.size());
}

}  // namespace cellar
