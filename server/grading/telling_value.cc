#include "server/grading/telling_value.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "server/grading/comparison.h"
#include "server/grading/mistaken_exercise.h"
#include "server/grading/trace_values.h"

namespace cellar {
namespace {

// Of a long sequence only the first steps are looked at: mistakes differ early.
constexpr int64_t kMaxSteps = 100;

// In the order in which one would ask for them.
constexpr Quantity kQuantities[] = {
    Quantity::kC,         Quantity::kH,          Quantity::kCandidate,  Quantity::kForgetGate,
    Quantity::kInputGate, Quantity::kOutputGate, Quantity::kUpdateGate, Quantity::kResetGate};

const char* Words(Quantity quantity) {
  switch (quantity) {
    case Quantity::kH:
      return "h";
    case Quantity::kC:
      return "the memory c";
    case Quantity::kForgetGate:
      return "the forget gate";
    case Quantity::kInputGate:
      return "the input gate";
    case Quantity::kOutputGate:
      return "the output gate";
    case Quantity::kUpdateGate:
      return "the update gate";
    case Quantity::kResetGate:
      return "the reset gate";
    case Quantity::kCandidate:
      return "the candidate";
  }
  return "";
}

// A quantity of a layer at a step of a sequence.
struct Place {
  AskedValue first;  // its element 0
  int64_t length;
};

template <class Real>
class Search {
 public:
  Search(const Exercise& exercise, const std::vector<const Mistake*>& mistakes)
      : exercise_(exercise) {
    const MistakenExercise<Real> right = UnmistakenExercise<Real>(exercise);
    for (const Mistake* mistake : mistakes) {
      MistakenExercise<Real> mistaken = right;
      mistake->change(mistaken);
      std::vector<StackTrace<Real>>& traces = traces_.emplace_back();
      for (MistakenSequence<Real>& sequence : mistaken.sequences) {
        traces.push_back(RunMistaken(mistaken, sequence));
      }
    }
  }

  std::string Sentence() const {
    const size_t count = traces_.size();
    size_t best_count = 1;
    Place best{};
    for (const Place& place : Places()) {
      const size_t kinds = CountKinds(place);
      if (kinds <= best_count) continue;
      best_count = kinds;
      best = place;
    }
    if (best_count == 1) {
      return "No value inside this exercise tells them apart; one with other parameters may.";
    }
    return absl::StrCat(
        best_count == count ? "They would be told apart by " : "Some would be told apart by ",
        Name(best.first), ".");
  }

 private:
  std::vector<Place> Places() const {
    std::vector<Place> places;
    const std::vector<CellShape>& shapes = exercise_.model->shapes();
    for (const Quantity quantity : kQuantities) {
      for (size_t layer = shapes.size(); layer-- > 0;) {
        const int64_t length = QuantityLength(shapes[layer], quantity);
        for (size_t s = 0; length > 0 && s < exercise_.sequences.size(); ++s) {
          const int64_t steps = std::min(exercise_.sequences[s].step_count, kMaxSteps);
          for (int64_t step = 0; step < steps; ++step) {
            places.push_back(
                {{static_cast<int64_t>(s), static_cast<int64_t>(layer), quantity, step, 0},
                 length});
          }
        }
      }
    }
    return places;
  }

  // How many different values the mistakes give there.
  size_t CountKinds(const Place& place) const {
    std::vector<size_t> kinds;  // a trace of each
    for (size_t k = 0; k < traces_.size(); ++k) {
      const bool is_known = std::any_of(kinds.begin(), kinds.end(),
                                        [&](size_t other) { return AreAlike(place, other, k); });
      if (!is_known) kinds.push_back(k);
    }
    return kinds.size();
  }

  bool AreAlike(const Place& place, size_t a, size_t b) const {
    const Comparison comparison = DefaultComparison(place.first.quantity, exercise_.numerics);
    AskedValue asked = place.first;
    for (asked.element = 0; asked.element < place.length; ++asked.element) {
      const double value_a = TraceValue(traces_[a][asked.sequence], asked, asked.step);
      const double value_b = TraceValue(traces_[b][asked.sequence], asked, asked.step);
      if (!Accepts(comparison, exercise_.numerics.precision, value_a, value_b)) return false;
    }
    return true;
  }

  std::string Name(const AskedValue& asked) const {
    std::string name = absl::StrCat(Words(asked.quantity), " after step ", asked.step);
    if (exercise_.model->shapes().size() > 1) absl::StrAppend(&name, " in layer ", asked.layer);
    if (exercise_.sequences.size() > 1) absl::StrAppend(&name, " of sequence ", asked.sequence);
    return absl::StrCat(name, " (counted from 0)");
  }

  const Exercise& exercise_;
  std::vector<std::vector<StackTrace<Real>>> traces_;  // of each mistake, of each sequence
};

}  // namespace

std::string HowToTellApart(const Exercise& exercise, const std::vector<const Mistake*>& mistakes) {
  return exercise.numerics.precision == Precision::kFloat32
             ? Search<float>(exercise, mistakes).Sentence()
             : Search<double>(exercise, mistakes).Sentence();
}

}  // namespace cellar
