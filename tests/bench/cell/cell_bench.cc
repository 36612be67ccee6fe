// Google Benchmark over the cell floor, its peer and the machine's limits, all in one process so
// that they can be interleaved; tests/bench/cell/run chooses, repeats and compares. Names say
// everything:
//
//   cellar/lstm/f32/H/B/T     B sessions of one model, T steps each; input size = hidden size = H
//   cellar/lstm/bf16/H/B/T    the same with weights stored as bfloat16; H >= 256
//   stepwise/lstm/f32/H/1/T   the same T steps one call at a time, inputs not multiplied beforehand
//   trace/lstm/f32/H/B/1      with every gate shown
//   pack/lstm/f32/1024        brings weights into the layout that kernels read
//   onednn/lstm/f32/H/B/T     oneDNN, where it was found
//   limit/fma                 GFLOP/s of fused multiply-adds in registers
//   limit/read/KIB            bytes/s of reading a buffer of so many KiB over and over
//   limit/system_call, limit/hand_over, limit/fresh_page, limit/polled_socket    what the system
//       takes (system_limits.h)
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/cell/dispatch.h"
#include "server/cell/step_rows.h"
#include "server/engine/step_pieces.h"
#include "tests/bench/cell/bench_weights.h"
#include "tests/bench/cell/limits.h"
#include "tests/bench/cell/system_limits.h"
#ifdef CELLAR_HAS_ONEDNN
#include "tests/bench/cell/peer_onednn.h"
#endif

namespace cellar {
namespace {

struct Shape {
  CellKind kind;
  int64_t hidden, batch, steps;
};

enum class View { kOutput, kTrace };

// B sessions and their T inputs.
template <class Real>
struct Sessions {
  explicit Sessions(const Shape& shape, View view = View::kOutput,
                    WeightStorage storage = WeightStorage::kFull)
      : shape(shape), cell(PackCell(MakeWeights<Real>(shape.kind, shape.hidden), storage)) {
    std::mt19937_64 generator(2);
    x = Numbers<Real>(generator, shape.steps * shape.batch * shape.hidden, 1);
    h.resize(static_cast<size_t>(shape.batch * shape.hidden));
    c.resize(h.size());
    shown.resize(view == View::kTrace ? 6 * h.size() : h.size());
    rows.resize(static_cast<size_t>(shape.batch));
    for (int64_t row = 0; row < shape.batch; ++row) {
      rows[row].h = h.data() + row * shape.hidden;
      rows[row].c = c.data() + row * shape.hidden;
      const auto place = [&](int64_t array) {
        return absl::MakeSpan(shown.data() + (array * shape.batch + row) * shape.hidden,
                              static_cast<size_t>(shape.hidden));
      };
      StepTrace<Real>& trace = rows[row].trace;
      trace.h = place(0);
      if (view == View::kOutput) continue;
      trace.c = place(1);
      trace.forget_gate = place(2);
      trace.input_gate = place(3);
      trace.output_gate = place(4);
      trace.candidate = place(5);
    }
  }

  void Step(int64_t step) {
    for (int64_t row = 0; row < shape.batch; ++row) {
      rows[row].input_sums = nullptr;
      rows[row].x = x.data() + (step * shape.batch + row) * shape.hidden;
    }
    StepRows<Real>(cell, {}, rows, workspace);
  }

  // All steps, the inputs multiplied first if that pays, in the engine's pieces.
  void Sequence() {
    if (!PaysToMultiplyInputs(cell, shape.batch)) return StepByStep();
    const int64_t length = InputSumsLength(cell);
    const int64_t piece = LongestPiece(cell, shape.batch);
    for (int64_t begin = 0; begin < shape.steps; begin += piece) {
      const int64_t count = std::min(piece, shape.steps - begin) * shape.batch;
      if (sums.size() < static_cast<size_t>(count * length))
        sums = AlignedBuffer<Real>(count * length);
      MultiplyInputs<Real>(cell,
                           {x.data() + begin * shape.batch * shape.hidden,
                            static_cast<size_t>(count * shape.hidden)},
                           absl::MakeSpan(sums.data(), static_cast<size_t>(count * length)));
      for (int64_t k = 0; k < count; k += shape.batch) {
        for (int64_t row = 0; row < shape.batch; ++row)
          rows[row].input_sums = sums.data() + (k + row) * length;
        StepRows<Real>(cell, {}, rows, workspace);
      }
    }
  }

  void StepByStep() {
    for (int64_t step = 0; step < shape.steps; ++step) Step(step);
  }

  Shape shape;
  PackedCell<Real> cell;
  std::vector<Real> x, h, c, shown;
  AlignedBuffer<Real> sums;
  std::vector<StepRow<Real>> rows;
  RowsWorkspace<Real> workspace;
};

template <class Real>
void Cellar(benchmark::State& state, Shape shape) {
  Sessions<Real> sessions(shape);
  for (auto _ : state) shape.steps == 1 ? sessions.Step(0) : sessions.Sequence();
}

void Bfloat16(benchmark::State& state, Shape shape) {
  Sessions<float> sessions(shape, View::kOutput, WeightStorage::kBfloat16);
  for (auto _ : state) shape.steps == 1 ? sessions.Step(0) : sessions.Sequence();
}

void Stepwise(benchmark::State& state, Shape shape) {
  Sessions<float> sessions(shape);
  for (auto _ : state) sessions.StepByStep();
}

void Trace(benchmark::State& state, Shape shape) {
  Sessions<float> sessions(shape, View::kTrace);
  for (auto _ : state) sessions.Step(0);
}

void Pack(benchmark::State& state, int64_t hidden) {
  const CellWeights<float> weights = MakeWeights<float>(CellKind::kLstm, hidden);
  for (auto _ : state) benchmark::DoNotOptimize(PackCell(weights));
}

#ifdef CELLAR_HAS_ONEDNN
void OneDnn(benchmark::State& state, Shape shape) {
  OneDnnCell cell(shape.kind, shape.hidden, shape.batch, shape.steps);
  for (auto _ : state) cell.Run();
}
#endif

void FmaLimit(benchmark::State& state) {
  int64_t operations = 0;
  for (auto _ : state) operations += MultiplyAddInRegisters(100000);
  state.SetItemsProcessed(operations);
}

void ReadLimit(benchmark::State& state, int64_t kib) {
  const AlignedBuffer<float> buffer(static_cast<size_t>(kib) * 256);
  for (auto _ : state) benchmark::DoNotOptimize(ReadStraightOn(buffer.data(), buffer.size()));
  state.SetBytesProcessed(state.iterations() * kib * 1024);
}

void SystemCallLimit(benchmark::State& state) {
  for (auto _ : state) CallSystem();
}

void HandOverLimit(benchmark::State& state) {
  HandOver other_thread;
  for (auto _ : state) other_thread.ThereAndBack();
}

void PolledSocketLimit(benchmark::State& state) {
  PolledSocket other_thread;
  for (auto _ : state) other_thread.ThereAndBack();
}

void FreshPageLimit(benchmark::State& state) {
  for (auto _ : state) TouchFreshPages();
}

// ---- What there is to measure ----

constexpr struct {
  CellKind kind;
  const char* name;
  int64_t gates;
} kKinds[] = {{CellKind::kLstm, "lstm", 4},
              {CellKind::kGruResetBefore, "gru_reset_before", 3},
              {CellKind::kGruResetAfter, "gru_reset_after", 3},
              {CellKind::kRnn, "rnn", 1}};
constexpr int64_t kHidden[] = {1, 8, 32, 64, 128, 256, 512, 1024};
constexpr int64_t kBatches[] = {1, 8, 32, 128};
constexpr int64_t kSteps = 100;

void RegisterShape(const char* kind, const Shape& shape) {
  const std::string tail = absl::StrCat("/", shape.hidden, "/", shape.batch, "/", shape.steps);
  const auto add = [&](const char* who, const char* precision, auto function) {
    const std::string name = absl::StrCat(who, "/", kind, "/", precision, tail);
    benchmark::RegisterBenchmark(name.c_str(), function, shape)
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
  };
  add("cellar", "f32", Cellar<float>);
  if (shape.hidden >= 256) add("cellar", "bf16", Bfloat16);
  if (shape.steps == 1) add("cellar", "f64", Cellar<double>);
#ifdef CELLAR_HAS_ONEDNN
  add("onednn", "f32", OneDnn);
#endif
  if (shape.kind != CellKind::kLstm) return;
  if (shape.steps > 1 && shape.batch == 1) add("stepwise", "f32", Stepwise);
  if (shape.steps == 1) add("trace", "f32", Trace);
}

void RegisterAll() {
  benchmark::RegisterBenchmark("limit/fma", FmaLimit)->UseRealTime();
  const std::pair<const char*, void (*)(benchmark::State&)> system_limits[] = {
      {"limit/system_call", SystemCallLimit},
      {"limit/hand_over", HandOverLimit},
      {"limit/fresh_page", FreshPageLimit},
      {"limit/polled_socket", PolledSocketLimit}};
  for (const auto& [name, function] : system_limits) {
    benchmark::RegisterBenchmark(name, function)->UseRealTime()->Unit(benchmark::kMicrosecond);
  }
  benchmark::RegisterBenchmark("pack/lstm/f32/1024", Pack, 1024)
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
  std::vector<int64_t> sizes;
  for (const auto& kind : kKinds) {
    for (const int64_t hidden : kHidden) {
      for (const int64_t batch : kBatches) {
        RegisterShape(kind.name, {kind.kind, hidden, batch, 1});
        if (batch == 1) RegisterShape(kind.name, {kind.kind, hidden, batch, kSteps});
      }
      // The weights of a step, and the half of them that has to be read at every step of a
      // sequence.
      for (const int64_t bytes :
           {8 * kind.gates * hidden * hidden, 4 * kind.gates * hidden * hidden}) {
        sizes.push_back(std::max<int64_t>(1, bytes / 1024));
      }
    }
  }
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  for (const int64_t kib : sizes) {
    benchmark::RegisterBenchmark(absl::StrCat("limit/read/", kib).c_str(), ReadLimit, kib)
        ->UseRealTime();
  }
}

}  // namespace
}  // namespace cellar

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("cellar_target", std::string(cellar::NameOf(cellar::BestTarget())));
  cellar::RegisterAll();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
