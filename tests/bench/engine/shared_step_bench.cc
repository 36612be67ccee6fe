// One step shared by two threads, beside the same step on one, and beside oneDNN on two: what a
// worker with nothing else to do brings. tests/bench/engine/run compares.
//
//   step/H/B/T/threads      T steps of B sessions of one LSTM, input size = hidden size = H
//                           "helped": of all that was shared out, what the helper made
//   hand_over               sharing out nothing, and waiting for each other
//   onednn/H/B/T/threads    oneDNN, where it was found; OMP_NUM_THREADS says on how many
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "server/engine/step_pieces.h"
#include "tests/bench/lstm_of.h"
#include "tests/bench/processors.h"
#ifdef CELLAR_HAS_ONEDNN
#include "tests/bench/cell/peer_onednn.h"
#endif

namespace cellar {
namespace {

struct Shape {
  int64_t hidden, batch, steps;
};

// A crew of two while it lives: the caller leads, a thread helps, each on its own processor.
class Two {
 public:
  Two()
      : helper_([this, leaders = StayHere()] {
          if (!MoveAwayFrom(leaders)) std::abort();  // nothing to be measured
          crew_.Help(wanted_elsewhere_);
        }) {
    while (crew_.helper_count() == 0) std::this_thread::yield();
  }
  ~Two() {
    crew_.Dismiss();
    helper_.join();
  }

  StepCrew& crew() { return crew_; }

  // Of the parts that were shared out, how many the helper made, from 0 to 1.
  double HelpersShare() const {
    return static_cast<double>(crew_.helped_part_count()) /
           static_cast<double>(std::max<int64_t>(1, crew_.part_count()));
  }

 private:
  StepCrew crew_{2};
  const std::atomic<int64_t> wanted_elsewhere_{0};
  std::thread helper_;  // last: uses the others
};

// B sessions with the inputs of T steps.
class Sessions {
 public:
  explicit Sessions(const Shape& shape)
      : shape_(shape),
        model_(LstmOf(shape.hidden)),
        x_(static_cast<size_t>(shape.batch * shape.steps * shape.hidden), 0.5F),
        h_(static_cast<size_t>(shape.batch * shape.hidden)),
        c_(h_.size()) {
    for (int64_t row = 0; row < shape.batch; ++row) {
      recorders_.emplace_back(*model_, numerics_,
                              TraceOptions{TraceView::kOutput, TraceDensity::kEveryStep},
                              shape.steps);
      rows_.push_back({.x = x_.data() + row * shape.steps * shape.hidden,
                       .h = h_.data() + row * shape.hidden,
                       .c = c_.data() + row * shape.hidden,
                       .recorder = &recorders_.back()});
    }
  }

  void Step(StepCrew* crew) {
    const PackedCell<float>& cell = model_->Packed<float>().layers[0];
    const int64_t longest = LongestPiece(cell, shape_.batch);
    for (int64_t begin = 0; begin < shape_.steps; begin += longest) {
      const int64_t count = std::min(longest, shape_.steps - begin);
      for (int64_t row = 0; row < shape_.batch; ++row) {
        rows_[static_cast<size_t>(row)].x =
            x_.data() + (row * shape_.steps + begin) * shape_.hidden;
        rows_[static_cast<size_t>(row)].first_step = begin;
      }
      StepPiece<float>({.cell = cell, .numerics = numerics_, .count = count, .crew = crew}, rows_,
                       ThreadWorkspace<float>());
    }
  }

 private:
  const Shape shape_;
  const std::shared_ptr<const Model> model_;
  const Numerics numerics_;
  const std::vector<float> x_;
  std::vector<float> h_, c_;
  std::deque<StepRecorder<float>> recorders_;
  std::vector<PieceRow<float>> rows_;
};

void Alone(benchmark::State& state, Shape shape) {
  Sessions sessions(shape);
  for (auto _ : state) sessions.Step(nullptr);
}

void Shared(benchmark::State& state, Shape shape) {
  Sessions sessions(shape);
  Two two;
  for (auto _ : state) sessions.Step(&two.crew());
  state.counters["helped"] = two.HelpersShare();
}

// Of a step that is shared, what is no step: how far the two are from each other.
void HandOver(benchmark::State& state) {
  Two two;
  for (auto _ : state) two.crew().ShareOut({.count = 2}, [](int64_t) {});
}

#ifdef CELLAR_HAS_ONEDNN
void OneDnn(benchmark::State& state, Shape shape) {
  OneDnnCell cell(CellKind::kLstm, shape.hidden, shape.batch, shape.steps);
  for (auto _ : state) cell.Run();
}
#endif

void RegisterAll() {
  benchmark::RegisterBenchmark("hand_over", HandOver)->UseRealTime()->Unit(benchmark::kMicrosecond);
  const auto add = [](const char* who, const Shape& shape, int threads, auto function) {
    const std::string name =
        absl::StrCat(who, "/", shape.hidden, "/", shape.batch, "/", shape.steps, "/", threads);
    benchmark::RegisterBenchmark(name.c_str(), function, shape)
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
  };
  for (const int64_t hidden : {256, 512, 1024}) {
    for (const Shape& shape : {Shape{hidden, 1, 1}, Shape{hidden, 8, 1}, Shape{hidden, 32, 1},
                               Shape{hidden, 128, 1}, Shape{hidden, 1, 100}}) {
      add("step", shape, 1, Alone);
      add("step", shape, 2, Shared);
#ifdef CELLAR_HAS_ONEDNN
      add("onednn", shape, 2, OneDnn);
#endif
    }
  }
}

}  // namespace
}  // namespace cellar

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  cellar::RegisterAll();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
