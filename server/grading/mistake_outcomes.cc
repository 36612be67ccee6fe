#include "server/grading/mistake_outcomes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "server/grading/comparison.h"
#include "server/grading/mistake_catalogue.h"
#include "server/grading/mistaken_exercise.h"

namespace cellar {
namespace {

// What a step costs beside its multiply-adds, for each element of a layer: activations and moves.
constexpr int64_t kWorkPerElement = 40;

// The answers of one exercise in its precision.
template <class Real>
class Worker {
 public:
  explicit Worker(const Exercise& exercise)
      : exercise_(exercise), right_(UnmistakenExercise<Real>(exercise)) {}

  std::vector<double> Expected() const { return AnswersOf(right_, exercise_.questions); }

  // The answer after all of these mistakes; empty if one of them cannot be made.
  std::vector<double> AnswerWith(const std::vector<const Mistake*>& mistakes) const {
    MistakenExercise<Real> mistaken = right_;
    for (const Mistake* mistake : mistakes) {
      if (!HasCellFor(*mistake, exercise_.model->shapes())) return {};
      if (!mistake->change(mistaken)) return {};
    }
    return AnswersOf(mistaken, exercise_.questions);
  }

 private:
  const Exercise& exercise_;
  const MistakenExercise<Real> right_;
};

std::vector<bool> TellingValues(const AnswerComparison& comparison,
                                const std::vector<double>& expected,
                                const std::vector<double>& values) {
  std::vector<bool> telling(values.size());
  for (size_t k = 0; k < values.size(); ++k) {
    telling[k] = !comparison.AcceptsValue(k, expected[k], values[k]);
  }
  return telling;
}

// The first group that stands for itself and whose answer the comparison takes for `values`;
// groups.size() if there is none.
size_t FindAlike(const AnswerComparison& comparison, const std::vector<OutcomeGroup>& groups,
                 const std::vector<double>& values) {
  for (size_t g = 0; g < groups.size(); ++g) {
    if (groups[g].taken_for == g && comparison.AcceptsAll(groups[g].values, values)) return g;
  }
  return groups.size();
}

// The group with this very answer; groups.size() if there is none.
size_t FindSame(const std::vector<OutcomeGroup>& groups, const std::vector<double>& values) {
  const auto found = std::find_if(groups.begin(), groups.end(), [&](const OutcomeGroup& group) {
    return AreSameAnswer(group.values, values);
  });
  return static_cast<size_t>(found - groups.begin());
}

// The group with this very answer, which is added if there is none.
size_t FindOrAddGroup(const AnswerComparison& comparison, std::vector<double> values,
                      MistakeOutcomes& all) {
  const size_t same = FindSame(all.groups, values);
  if (same < all.groups.size()) return same;
  const size_t alike = FindAlike(comparison, all.groups, values);
  std::vector<bool> telling = TellingValues(comparison, all.expected, values);
  all.groups.push_back({std::move(values), std::move(telling), {}, alike});
  return same;
}

// The faint group with this very answer, which is added if there is none.
OutcomeGroup& FaintGroup(std::vector<double> values, MistakeOutcomes& all) {
  const size_t same = FindSame(all.faint_groups, values);
  if (same == all.faint_groups.size()) {
    std::vector<bool> telling(values.size());
    all.faint_groups.push_back({std::move(values), std::move(telling), {}, same});
  }
  return all.faint_groups[same];
}

template <class Real>
std::optional<MistakeOutcomes> WorkOut(const Exercise& exercise, int64_t max_unseen) {
  const AnswerComparison comparison(exercise);
  const Worker<Real> worker(exercise);
  const std::vector<Mistake>& catalogue = MistakeCatalogue();
  MistakeOutcomes all;
  all.expected = worker.Expected();
  all.outcomes.resize(catalogue.size());
  for (size_t k = 0; k < catalogue.size(); ++k) {
    std::vector<double> values = worker.AnswerWith({&catalogue[k]});
    MistakeOutcome& outcome = all.outcomes[k];
    outcome.applicable = !values.empty();
    outcome.visible = outcome.applicable && !comparison.AcceptsAll(all.expected, values);
    if (outcome.applicable && !outcome.visible && --max_unseen < 0) return std::nullopt;
    if (outcome.visible) {
      outcome.group = FindOrAddGroup(comparison, std::move(values), all);
      all.groups[outcome.group].members.push_back(k);
    } else if (outcome.applicable && !AreSameAnswer(all.expected, values)) {
      FaintGroup(std::move(values), all).members.push_back(k);
    }
  }
  for (auto* groups : {&all.groups, &all.faint_groups}) {
    for (OutcomeGroup& group : *groups) {
      std::sort(group.members.begin(), group.members.end(), IsLikelier);
    }
  }
  return all;
}

template <class Real>
std::vector<OutcomeGroup> WorkOutBoth(const Exercise& exercise, const MistakeOutcomes& single) {
  const AnswerComparison comparison(exercise);
  const Worker<Real> worker(exercise);
  const std::vector<Mistake>& catalogue = MistakeCatalogue();
  std::vector<OutcomeGroup> pairs;
  for (size_t a = 0; a < catalogue.size(); ++a) {
    if (catalogue[a].seen != Seen::kOften || !single.outcomes[a].applicable) continue;
    for (size_t b = a + 1; b < catalogue.size(); ++b) {
      if (catalogue[b].seen != Seen::kOften || !single.outcomes[b].applicable) continue;
      std::vector<double> values = worker.AnswerWith({&catalogue[a], &catalogue[b]});
      if (values.empty() || comparison.AcceptsAll(single.expected, values)) continue;
      const auto gives_it = [&](const OutcomeGroup& group) {
        return comparison.AcceptsAll(group.values, values);
      };
      if (std::any_of(single.groups.begin(), single.groups.end(), gives_it)) continue;
      std::vector<bool> telling = TellingValues(comparison, single.expected, values);
      pairs.push_back({std::move(values), std::move(telling), {a, b}, pairs.size()});
    }
  }
  return pairs;
}

}  // namespace

AnswerComparison::AnswerComparison(const Exercise& exercise)
    : precision_(exercise.numerics.precision) {
  for (const Question& question : exercise.questions) {
    comparisons_.insert(comparisons_.end(), static_cast<size_t>(question.value_count()),
                        &question.comparison);
  }
}

bool AnswerComparison::AcceptsValue(size_t index, double expected, double given) const {
  return Accepts(*comparisons_[index], precision_, expected, given);
}

bool AnswerComparison::IsSame(double outcome, double given) const {
  return Accepts({.ulps = 0}, precision_, outcome, given);
}

bool AnswerComparison::AcceptsAll(const std::vector<double>& expected,
                                  const std::vector<double>& given) const {
  for (size_t k = 0; k < comparisons_.size(); ++k) {
    if (!AcceptsValue(k, expected[k], given[k])) return false;
  }
  return true;
}

MistakeOutcomes WorkOutMistakes(const Exercise& exercise) {
  return *WorkOutMistakesWithin(exercise, std::numeric_limits<int64_t>::max());
}

std::optional<MistakeOutcomes> WorkOutMistakesWithin(const Exercise& exercise, int64_t max_unseen) {
  return exercise.numerics.precision == Precision::kFloat32 ? WorkOut<float>(exercise, max_unseen)
                                                            : WorkOut<double>(exercise, max_unseen);
}

std::vector<std::vector<size_t>> LookAlikes(const MistakeOutcomes& outcomes) {
  std::vector<std::vector<size_t>> alike(outcomes.groups.size());
  for (const OutcomeGroup& group : outcomes.groups) {
    std::vector<size_t>& members = alike[group.taken_for];
    members.insert(members.end(), group.members.begin(), group.members.end());
  }
  std::erase_if(alike, [](const std::vector<size_t>& members) { return members.empty(); });
  for (std::vector<size_t>& members : alike) std::sort(members.begin(), members.end(), IsLikelier);
  return alike;
}

bool AreSameAnswer(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double one, double other) {
    return one == other || (std::isnan(one) && std::isnan(other));
  });
}

std::vector<OutcomeGroup> WorkOutPairs(const Exercise& exercise, const MistakeOutcomes& single) {
  return exercise.numerics.precision == Precision::kFloat32 ? WorkOutBoth<float>(exercise, single)
                                                            : WorkOutBoth<double>(exercise, single);
}

int64_t MistakeWork(const Exercise& exercise) {
  int64_t per_step = exercise.model->multiply_adds_per_step();
  for (const CellShape& shape : exercise.model->shapes()) {
    per_step += kWorkPerElement * shape.hidden_size;
  }
  double work = 0;  // far beyond the limit it need not be exact
  for (const ExerciseSequence& sequence : exercise.sequences) {
    work += static_cast<double>(sequence.step_count) * static_cast<double>(per_step);
  }
  work *= static_cast<double>(MistakeCatalogue().size());
  return static_cast<int64_t>(std::min(work, 1e18));
}

bool CanBeDiagnosed(const Exercise& exercise) {
  return exercise.value_count() <= kMaxDiagnosedValues && MistakeWork(exercise) <= kMaxMistakeWork;
}

bool IsLikelier(size_t a, size_t b) {
  const std::vector<Mistake>& catalogue = MistakeCatalogue();
  if (catalogue[a].seen != catalogue[b].seen) return catalogue[a].seen > catalogue[b].seen;
  return a < b;
}

}  // namespace cellar
