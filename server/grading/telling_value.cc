#include "server/grading/telling_value.h"

#include <algorithm>
#include <bitset>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/grading/comparison.h"
#include "server/grading/mistaken_exercise.h"
#include "server/grading/trace_values.h"

namespace cellar {
namespace {

// Pairs of explanations, each by the index PairIndex.
using Pairs = std::bitset<kMaxExplanations * kMaxExplanations>;

size_t PairIndex(size_t a, size_t b) { return a * kMaxExplanations + b; }

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

// The elements that were given, by sequence, layer, quantity and step.
using GivenElements = std::map<std::tuple<int64_t, int64_t, Quantity, int64_t>, std::set<int64_t>>;

GivenElements ElementsGiven(const Exercise& exercise, const std::vector<bool>& answered) {
  GivenElements given;
  for (size_t q = 0; q < exercise.questions.size(); ++q) {
    const Question& question = exercise.questions[q];
    if (!answered[q]) continue;
    for (const int64_t step : question.steps) {
      given[{question.sequence, question.layer, question.quantity, step}].insert(
          question.elements.begin(), question.elements.end());
    }
  }
  return given;
}

// All places with something that was not given.
std::vector<TellingPlace> FurtherPlaces(const Exercise& exercise, const GivenElements& given) {
  std::vector<TellingPlace> places;
  const std::vector<CellShape>& shapes = exercise.model->shapes();
  const auto add = [&](const AskedValue& at, int64_t length) {
    const auto known = given.find({at.sequence, at.layer, at.quantity, at.step});
    TellingPlace place{at, {}, known == given.end()};
    for (int64_t element = 0; element < length; ++element) {
      if (place.is_whole || known->second.count(element) == 0) place.elements.push_back(element);
    }
    if (!place.elements.empty()) places.push_back(std::move(place));
  };
  for (const Quantity quantity : kQuantities) {
    for (size_t layer = shapes.size(); layer-- > 0;) {
      const int64_t length = QuantityLength(shapes[layer], quantity);
      for (size_t s = 0; s < exercise.sequences.size(); ++s) {
        const int64_t steps = std::min(exercise.sequences[s].step_count, kMaxStepsToTellApart);
        for (int64_t step = 0; step < steps; ++step) {
          add({static_cast<int64_t>(s), static_cast<int64_t>(layer), quantity, step, 0}, length);
        }
      }
    }
  }
  return places;
}

// What the explanations give at each place of an exercise.
template <class Real>
class Traces {
 public:
  Traces(const Exercise& exercise, const std::vector<Explanation>& explanations)
      : exercise_(exercise) {
    const MistakenExercise<Real> right = UnmistakenExercise<Real>(exercise);
    for (const Explanation& explanation : explanations) {
      MistakenExercise<Real> mistaken = right;
      for (const Mistake* mistake : explanation) mistake->change(mistaken);
      std::vector<StackTrace<Real>>& traces = traces_.emplace_back();
      for (MistakenSequence<Real>& sequence : mistaken.sequences) {
        traces.push_back(RunMistaken(mistaken, sequence));
      }
    }
  }

  // The pairs that differ there.
  Pairs SeparatedBy(const TellingPlace& place) const {
    Pairs separated;
    for (size_t a = 0; a < traces_.size(); ++a) {
      for (size_t b = a + 1; b < traces_.size(); ++b) {
        separated[PairIndex(a, b)] = !AreAlike(place, a, b);
      }
    }
    return separated;
  }

 private:
  bool AreAlike(const TellingPlace& place, size_t a, size_t b) const {
    const Comparison comparison = DefaultComparison(place.at.quantity, exercise_.numerics);
    AskedValue asked = place.at;
    return std::all_of(place.elements.begin(), place.elements.end(), [&](int64_t element) {
      asked.element = element;
      const double value_a = TraceValue(traces_[a][asked.sequence], asked, asked.step);
      const double value_b = TraceValue(traces_[b][asked.sequence], asked, asked.step);
      return Accepts(comparison, exercise_.numerics.precision, value_a, value_b);
    });
  }

  const Exercise& exercise_;
  std::vector<std::vector<StackTrace<Real>>> traces_;  // of each explanation, of each sequence
};

template <class Real>
TellingPlaces FindPlaces(const Exercise& exercise, const std::vector<Explanation>& explanations,
                         const std::vector<bool>& answered) {
  const Traces<Real> traces(exercise, explanations);
  const std::vector<TellingPlace> all = FurtherPlaces(exercise, ElementsGiven(exercise, answered));
  std::vector<Pairs> separated;
  separated.reserve(all.size());
  for (const TellingPlace& place : all) separated.push_back(traces.SeparatedBy(place));
  Pairs done;
  TellingPlaces found;
  while (true) {
    size_t best = all.size();
    size_t best_count = 0;
    for (size_t k = 0; k < all.size(); ++k) {
      const size_t count = (separated[k] & ~done).count();
      if (count <= best_count) continue;
      best = k;
      best_count = count;
    }
    if (best == all.size()) break;
    found.places.push_back(all[best]);
    done |= separated[best];
  }
  found.separates_all = done.count() == explanations.size() * (explanations.size() - 1) / 2;
  return found;
}

// Counts as people do: sequences and layers from 1, steps and elements from 0.
std::string PlaceName(const Exercise& exercise, const TellingPlace& place) {
  std::string name = Words(place.at.quantity);
  if (!place.is_whole) {
    name = absl::StrCat(place.elements.size() == 1 ? "element " : "elements ",
                        absl::StrJoin(place.elements, ", "), " of ", name);
  }
  absl::StrAppend(&name, " after step ", place.at.step);
  if (exercise.model->shapes().size() > 1) absl::StrAppend(&name, " in layer ", place.at.layer + 1);
  if (exercise.sequences.size() > 1) absl::StrAppend(&name, " of sequence ", place.at.sequence + 1);
  return name;
}

// " in the first 1000 steps" where there are more.
std::string WhereSearched(const Exercise& exercise) {
  for (const ExerciseSequence& sequence : exercise.sequences) {
    if (sequence.step_count <= kMaxStepsToTellApart) continue;
    return absl::StrCat(" in the first ", kMaxStepsToTellApart, " steps");
  }
  return "";
}

}  // namespace

TellingPlaces FindTellingPlaces(const Exercise& exercise,
                                const std::vector<Explanation>& explanations,
                                const std::vector<bool>& answered) {
  return exercise.numerics.precision == Precision::kFloat32
             ? FindPlaces<float>(exercise, explanations, answered)
             : FindPlaces<double>(exercise, explanations, answered);
}

std::string HowToTellApart(const Exercise& exercise, const std::vector<Explanation>& explanations,
                           const std::vector<bool>& answered) {
  const TellingPlaces found = FindTellingPlaces(exercise, explanations, answered);
  if (found.places.empty()) {
    return absl::StrCat("No further value inside this exercise", WhereSearched(exercise),
                        " tells them apart; one with other parameters may.");
  }
  std::vector<std::string> names;
  names.reserve(found.places.size());
  bool names_elements = false;
  for (const TellingPlace& place : found.places) {
    names.push_back(PlaceName(exercise, place));
    names_elements = names_elements || !place.is_whole;
  }
  const std::string last = std::move(names.back());
  names.pop_back();
  std::string sentence = absl::StrCat(
      found.separates_all ? "They would be told apart by " : "Some would be told apart by ",
      absl::StrJoin(names, ", "), names.empty() ? "" : " and ", last,
      names.empty() ? "" : " together", names_elements ? " (steps and elements" : " (steps",
      " counted from 0)");
  if (!found.separates_all) {
    absl::StrAppend(&sentence, "; the others give the same everywhere inside this exercise",
                    WhereSearched(exercise));
  }
  return sentence + ".";
}

}  // namespace cellar
