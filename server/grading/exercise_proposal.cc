#include "server/grading/exercise_proposal.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <tuple>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "server/grading/comparison.h"
#include "server/grading/mistake_catalogue.h"
#include "server/model/cell_fields.h"

namespace cellar {
namespace {

// The search is repeated with and without one more question; each makes so many tries, or as many
// as this work allows. The homework takes 95,000 units a try, a millisecond or two.
constexpr int64_t kMaxTries = 300;
constexpr int64_t kMaxWork = 40'000'000;
constexpr uint64_t kSeed = 6'86;

// What makes an exercise good: less is better.
struct Score {
  int64_t unseen = 0;
  int64_t indistinct_pairs = 0;

  bool operator<(const Score& other) const {
    return std::tie(unseen, indistinct_pairs) < std::tie(other.unseen, other.indistinct_pairs);
  }
};

Score ScoreOf(const MistakeOutcomes& outcomes) {
  Score score;
  for (const MistakeOutcome& outcome : outcomes.outcomes) {
    score.unseen += outcome.applicable && !outcome.visible ? 1 : 0;
  }
  score.indistinct_pairs = IndistinctPairCount(outcomes);
  return score;
}

// Draws by own rules: the distributions of <random> differ from library to library.
class Draw {
 public:
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(engine_() % static_cast<uint64_t>(high - low + 1));
  }
  bool OneIn(int64_t n) { return Between(1, n) == 1; }

  // A multiple of a quarter between -bound and bound, not 0: what is 0 hides mistakes.
  double Number(int64_t bound) {
    const int64_t quarters = Between(1, 4 * bound);
    return 0.25 * static_cast<double>(OneIn(2) ? quarters : -quarters);
  }

 private:
  std::mt19937_64 engine_{kSeed};
};

// All numbers that may be changed, one after another.
template <class Real>
std::vector<Real*> NumbersOf(LayerStack<Real>& stack) {
  std::vector<Real*> numbers;
  const auto add = [&](std::vector<Real>& tensor) {
    for (Real& number : tensor) numbers.push_back(&number);
  };
  for (CellWeights<Real>& layer : stack.layers) {
    std::visit(
        [&](auto& cell) {
          for (auto* gate : GatesOf(cell)) {
            add(gate->input);
            add(gate->recurrent);
            add(gate->bias);
          }
          for (auto* tensor : OtherTensorsOf(cell)) add(*tensor);
        },
        layer);
  }
  return numbers;
}

// The numbers of an exercise, changed: all of them if `anew`, else a few.
class Changer {
 public:
  explicit Changer(Draw& draw) : draw_(draw) {}

  Exercise Change(const Exercise& exercise, bool anew) {
    Exercise changed = exercise;
    changed.variations.clear();
    const int64_t bound = draw_.Between(1, 3);
    const Model& model = *exercise.model;
    changed.model = model.precision() == Precision::kFloat32
                        ? ChangeModel<float>(model, bound, anew)
                        : ChangeModel<double>(model, bound, anew);
    for (ExerciseSequence& sequence : changed.sequences) {
      std::visit(
          [&](auto& inputs) {
            for (auto& number : inputs) ChangeNumber(2, anew, number);
          },
          sequence.inputs);
    }
    return changed;
  }

 private:
  template <class Real>
  void ChangeNumber(int64_t bound, bool anew, Real& number) {
    if (anew || draw_.OneIn(8)) number = static_cast<Real>(draw_.Number(bound));
  }

  template <class Real>
  std::shared_ptr<const Model> ChangeModel(const Model& model, int64_t bound, bool anew) {
    LayerStack<Real> stack = model.Layers<Real>();
    for (Real* number : NumbersOf(stack)) ChangeNumber(bound, anew, *number);
    return std::make_shared<const Model>("", model.display_name(), std::move(stack),
                                         model.create_time());
  }

  Draw& draw_;
};

struct Found {
  Exercise exercise;
  MistakeOutcomes outcomes;
  Score score;
};

// The best exercise with the questions of `exercise`.
std::optional<Found> Search(const Exercise& exercise, Score to_beat) {
  const int64_t tries = std::clamp<int64_t>(kMaxWork / (MistakeWork(exercise) + 1), 1, kMaxTries);
  Draw draw;
  Changer changer(draw);
  std::optional<Found> best;
  for (int64_t k = 0; k < tries; ++k) {
    // First anywhere, then near the best.
    const bool anew = !best.has_value() || k < tries / 2;
    Exercise next = changer.Change(best.has_value() ? best->exercise : exercise, anew);
    std::optional<MistakeOutcomes> outcomes = WorkOutMistakesWithin(next, to_beat.unseen);
    if (!outcomes.has_value()) continue;
    const Score score = ScoreOf(*outcomes);
    if (!(score < to_beat)) continue;
    to_beat = score;
    best = Found{std::move(next), *std::move(outcomes), score};
  }
  return best;
}

// One more question for each sequence: the quantity of the last layer that shows most. Nothing, if
// it is asked already, or h shows everything.
std::vector<Question> FurtherQuestions(const Exercise& exercise) {
  const CellShape& shape = exercise.model->shapes().back();
  if (shape.kind == CellKind::kRnn) return {};
  const Quantity quantity = shape.kind == CellKind::kLstm ? Quantity::kC : Quantity::kCandidate;
  const auto layer = static_cast<int64_t>(exercise.model->shapes().size()) - 1;
  std::vector<Question> questions;
  for (size_t s = 0; s < exercise.sequences.size(); ++s) {
    Question question;
    question.id = absl::StrCat("also_", quantity == Quantity::kC ? "c" : "candidate", "_", s + 1);
    question.sequence = static_cast<int64_t>(s);
    question.quantity = quantity;
    question.layer = layer;
    question.steps.resize(exercise.sequences[s].step_count);
    std::iota(question.steps.begin(), question.steps.end(), 0);
    question.elements.resize(QuantityLength(shape, quantity));
    std::iota(question.elements.begin(), question.elements.end(), 0);
    question.comparison = DefaultComparison(quantity, exercise.numerics);
    for (const Question& asked : exercise.questions) {
      if (asked.quantity == quantity || asked.id == question.id) return {};
    }
    questions.push_back(std::move(question));
  }
  return questions;
}

ProposedExercise Describe(Found found, size_t added_question_count) {
  ProposedExercise proposed;
  proposed.added_question_count = added_question_count;
  proposed.changes = "Weights and inputs are other small numbers";
  if (added_question_count > 0) {
    const Quantity quantity = found.exercise.questions.back().quantity;
    absl::StrAppend(&proposed.changes,
                    quantity == Quantity::kC ? ", and the memory c" : ", and the candidate",
                    " of the last layer is asked, too");
  }
  absl::StrAppend(&proposed.changes, ".");
  for (size_t k = 0; k < found.outcomes.outcomes.size(); ++k) {
    const MistakeOutcome& outcome = found.outcomes.outcomes[k];
    if (outcome.applicable && !outcome.visible) {
      proposed.unseen.push_back(MistakeCatalogue()[k].id);
    }
  }
  proposed.indistinct_pair_count = found.score.indistinct_pairs;
  proposed.exercise = std::move(found.exercise);
  return proposed;
}

}  // namespace

std::optional<ProposedExercise> ProposeExercise(const Exercise& exercise,
                                                const MistakeOutcomes& outcomes) {
  std::optional<Found> found = Search(exercise, ScoreOf(outcomes));
  const std::vector<Question> further = FurtherQuestions(exercise);
  if (!further.empty()) {
    Exercise asking_more = exercise;
    asking_more.questions.insert(asking_more.questions.end(), further.begin(), further.end());
    // One more question is a change that has to be worth it.
    const int64_t unseen = found.has_value() ? found->score.unseen : ScoreOf(outcomes).unseen;
    std::optional<Found> more = Search(asking_more, Score{unseen, 0});
    if (more.has_value()) return Describe(*std::move(more), further.size());
  }
  if (!found.has_value()) return std::nullopt;
  return Describe(*std::move(found), 0);
}

int64_t IndistinctPairCount(const MistakeOutcomes& outcomes) {
  int64_t count = 0;
  for (const std::vector<size_t>& mistakes : LookAlikes(outcomes)) {
    const auto members = static_cast<int64_t>(mistakes.size());
    count += members * (members - 1) / 2;
  }
  return count;
}

}  // namespace cellar
