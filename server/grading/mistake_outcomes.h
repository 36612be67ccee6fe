// What an exercise's answer looks like after each mistake of the catalogue: worked out once for an
// exercise, then compared with any number of answers.
//
// Thread safety: values; the functions are pure.
#ifndef CELLAR_SERVER_GRADING_MISTAKE_OUTCOMES_H_
#define CELLAR_SERVER_GRADING_MISTAKE_OUTCOMES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/grading/exercise.h"
#include "server/grading/mistake.h"

namespace cellar {

// How the values of an answer are compared, all questions in one row.
class AnswerComparison {
 public:
  // `exercise` outlives the comparison.
  explicit AnswerComparison(const Exercise& exercise);

  size_t value_count() const { return comparisons_.size(); }

  bool AcceptsValue(size_t index, double expected, double given) const;

  // Whether `given` is `outcome` and no other number of the exercise's precision.
  bool IsSame(double outcome, double given) const;

  bool AcceptsAll(const std::vector<double>& expected, const std::vector<double>& given) const;

 private:
  Precision precision_;
  std::vector<const Comparison*> comparisons_;  // of each value
};

// One mistake in one exercise.
struct MistakeOutcome {
  bool applicable = false;  // the exercise has something to which it can be done
  bool visible = false;     // an answer with the mistake is marked wrong
  size_t group = 0;         // index into MistakeOutcomes.groups, if visible
};

// An answer, and the mistakes that lead to this very answer, number by number.
struct OutcomeGroup {
  std::vector<double> values;   // all questions in one row
  std::vector<bool> telling;    // whether the mistake makes the value wrong
  std::vector<size_t> members;  // indices into the catalogue, the likeliest first
  size_t
      taken_for;  // index of the first group that the comparison takes this one for; else its own
};

struct MistakeOutcomes {
  std::vector<double> expected;          // all questions in one row
  std::vector<MistakeOutcome> outcomes;  // of each mistake of the catalogue
  std::vector<OutcomeGroup> groups;      // of the visible mistakes

  // Of those that are not visible, though some number is another: the exercise takes their answers
  // for right in full, but not always once they are rounded. No value is telling.
  std::vector<OutcomeGroup> faint_groups{};
};

// Works out the whole catalogue.
MistakeOutcomes WorkOutMistakes(const Exercise& exercise);

// The same, but nothing as soon as more than `max_unseen` mistakes are applicable and not visible.
std::optional<MistakeOutcomes> WorkOutMistakesWithin(const Exercise& exercise, int64_t max_unseen);

// The visible mistakes, those together whose answers the comparison takes for the same, in the
// order of the groups that stand for them; the likeliest of each first.
std::vector<std::vector<size_t>> LookAlikes(const MistakeOutcomes& outcomes);

// Whether two answers are the same, number by number; NaN is NaN, and -0 is 0.
bool AreSameAnswer(const std::vector<double>& a, const std::vector<double>& b);

// The answers after two mistakes at once that students were often seen to make, each with the two
// indices into the catalogue as members; only those that no single mistake gives.
std::vector<OutcomeGroup> WorkOutPairs(const Exercise& exercise, const MistakeOutcomes& single);

// Operations of WorkOutMistakes, roughly: multiply-adds and as many for what is not one.
int64_t MistakeWork(const Exercise& exercise);

// Exercises that are more work are not diagnosed: a second or two of one processor. Nor are those
// that ask for more values: their answers after all mistakes would take more than 50 MB.
inline constexpr int64_t kMaxMistakeWork = 300'000'000;
inline constexpr int64_t kMaxDiagnosedValues = 20'000;

bool CanBeDiagnosed(const Exercise& exercise);

// Whether `a` is likelier than `b`, both indices into the catalogue: seen more often, or named
// earlier.
bool IsLikelier(size_t a, size_t b);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_MISTAKE_OUTCOMES_H_
