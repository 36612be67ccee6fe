// Compares sigmoid and tanh with a double-precision reference at every float: 2^32 bit patterns
// each; and the vectors of every fast instruction set of this machine with the definition, bit for
// bit. A plain program, minutes long: prints the worst error of each and where it is.
//
// Exit code 0: all within 2 ulp, never falling where the argument rises, tanh odd, every NaN
// canonical, vectors equal. 1: not so. 77: this processor lacks the instructions that the program
// is compiled for.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

#include "server/cell/activations.h"
#include "server/cell/row_kernels.h"

namespace cellar {
namespace {

namespace kernels = CELLAR_KERNEL_NAMESPACE;

constexpr double kMaxUlps = 2;
constexpr uint32_t kCanonicalNan = 0x7fc00000;
constexpr uint32_t kInfinity = 0x7f800000;
constexpr uint32_t kSignBit = 0x80000000;
constexpr uint32_t kChunk = 1 << 14;  // magnitudes at a time: the buffers stay in the first cache
constexpr uint32_t kChunks = kSignBit / kChunk;

float FloatOf(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

uint32_t BitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

// tanh(z) for z >= 0, to some 2^-50: the library's function only where cheaper formulas would not
// do.
double ExactTanh(double z, double exp_minus_z) {
  if (z < 0x1p-9) return z - z * z * z * (1.0 / 3 - z * z * (2.0 / 15));
  if (z < 0.25) return std::tanh(z);
  const double e = exp_minus_z * exp_minus_z;
  return (1 - e) / (1 + e);
}

// Distance of `value` from the true value `exact` >= 0, in units of the last place of a float of
// the size of `exact`.
double ErrorInUlps(float value, double exact) {
  uint64_t bits;
  std::memcpy(&bits, &exact, sizeof(bits));
  const int exponent = std::max(static_cast<int>(bits >> 52) - 1023, -126);
  const uint64_t inverse_ulp_bits = static_cast<uint64_t>(23 - exponent + 1023) << 52;
  double inverse_ulp;
  std::memcpy(&inverse_ulp, &inverse_ulp_bits, sizeof(inverse_ulp));
  return std::fabs(value - exact) * inverse_ulp;
}

struct Findings {
  double worst_ulps = 0;
  float worst_at = 0;
  int64_t wrong = 0;  // what is not a matter of ulps: order, oddness, NaN, vectors

  void Note(float z, float value, double exact) {
    const double ulps = ErrorInUlps(value, exact);
    if (!(ulps <= worst_ulps)) {
      worst_ulps = ulps;
      worst_at = z;
    }
  }
  void Merge(const Findings& other) {
    if (!(other.worst_ulps <= worst_ulps)) {
      worst_ulps = other.worst_ulps;
      worst_at = other.worst_at;
    }
    wrong += other.wrong;
  }
  bool Report(const char* name) const {
    std::printf("%s: worst error %.4f ulp at %.9g (bits %08x), %lld other faults\n", name,
                worst_ulps, worst_at, BitsOf(worst_at), static_cast<long long>(wrong));
    return worst_ulps <= kMaxUlps && wrong == 0;
  }
};

struct Worker {
  Findings sigmoid;
  Findings tanh;
  // The functions at the magnitudes of a chunk, positive and negative; first the magnitude before.
  float sigmoid_up[kChunk + 1], sigmoid_down[kChunk + 1];
  float tanh_up[kChunk + 1], tanh_down[kChunk + 1];
  float vectors[kChunk + 1];

  void Run(std::atomic<uint32_t>& next_chunk) {
    for (uint32_t chunk = next_chunk++; chunk < kChunks; chunk = next_chunk++) {
      RunChunk(chunk * kChunk);
      if ((chunk + 1) % (kChunks / 16) == 0) {
        std::printf("%u/16 of all magnitudes\n", (chunk + 1) / (kChunks / 16));
        std::fflush(stdout);
      }
    }
  }

  void RunChunk(uint32_t first) {
    const uint32_t previous = first - 1;  // of 0: wraps to a NaN, which no comparison minds
    for (uint32_t i = 0; i <= kChunk; ++i) {
      const float z = FloatOf(previous + i);
      sigmoid_up[i] = kernels::Sigmoid(z);
      sigmoid_down[i] = kernels::Sigmoid(-z);
      tanh_up[i] = kernels::Tanh(z);
      tanh_down[i] = kernels::Tanh(-z);
    }
    for (const KernelTarget target : kAllTargets) {
      if (target == KernelTarget::kPortable || !RunsHere(target)) continue;
      sigmoid.wrong += VectorsDiffer(target, Activation::kSigmoid, previous, 0, sigmoid_up);
      sigmoid.wrong +=
          VectorsDiffer(target, Activation::kSigmoid, previous, kSignBit, sigmoid_down);
      tanh.wrong += VectorsDiffer(target, Activation::kTanh, previous, 0, tanh_up);
      tanh.wrong += VectorsDiffer(target, Activation::kTanh, previous, kSignBit, tanh_down);
    }
    for (uint32_t i = 1; i <= kChunk; ++i) {
      if (previous + i > kInfinity) {
        CheckNan(i);
      } else {
        CheckNumber(FloatOf(previous + i), i);
      }
    }
  }

  bool VectorsDiffer(KernelTarget target, Activation activation, uint32_t first, uint32_t sign,
                     const float* expected) {
    for (uint32_t i = 0; i <= kChunk; ++i) vectors[i] = FloatOf((first + i) ^ sign);
    RowKernelsOf<float>(target).activate(activation, ActivationRule::kExact, kChunk + 1, vectors);
    return std::memcmp(vectors, expected, sizeof(vectors)) != 0;
  }

  void CheckNan(uint32_t i) {
    sigmoid.wrong += BitsOf(sigmoid_up[i]) != kCanonicalNan;
    sigmoid.wrong += BitsOf(sigmoid_down[i]) != kCanonicalNan;
    tanh.wrong += BitsOf(tanh_up[i]) != kCanonicalNan;
    tanh.wrong += BitsOf(tanh_down[i]) != kCanonicalNan;
  }

  void CheckNumber(float z, uint32_t i) {
    const double e = std::exp(-static_cast<double>(z));
    sigmoid.Note(z, sigmoid_up[i], 1 / (1 + e));
    sigmoid.Note(-z, sigmoid_down[i], e / (1 + e));
    tanh.Note(z, tanh_up[i], ExactTanh(z, e));
    tanh.wrong += BitsOf(tanh_down[i]) != (BitsOf(tanh_up[i]) ^ kSignBit);
    sigmoid.wrong += sigmoid_up[i] < sigmoid_up[i - 1];
    sigmoid.wrong += sigmoid_down[i] > sigmoid_down[i - 1];
    tanh.wrong += tanh_up[i] < tanh_up[i - 1];
  }
};

int Main() {
#if defined(__x86_64__) && defined(__FMA__)
  if (!__builtin_cpu_supports("fma") || !__builtin_cpu_supports("avx2")) {
    std::printf("skipped: this processor has no AVX2 and FMA\n");
    return 77;
  }
#endif
  std::vector<Worker> workers(std::max(1u, std::thread::hardware_concurrency()));
  std::atomic<uint32_t> next_chunk = 0;
  std::vector<std::thread> threads;
  for (Worker& worker : workers) {
    threads.emplace_back([&worker, &next_chunk] { worker.Run(next_chunk); });
  }
  for (std::thread& thread : threads) thread.join();

  Findings sigmoid, tanh;
  for (const Worker& worker : workers) {
    sigmoid.Merge(worker.sigmoid);
    tanh.Merge(worker.tanh);
  }
  const bool sigmoid_ok = sigmoid.Report("sigmoid");
  const bool tanh_ok = tanh.Report("tanh");
  return sigmoid_ok && tanh_ok ? 0 : 1;
}

}  // namespace
}  // namespace cellar

int main() { return cellar::Main(); }
