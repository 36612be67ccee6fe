// From a wrong answer to the mistakes that it is consistent with.
//
// An answer agrees with a mistake if each of its values is one that the mistake gives (under the
// exercise's own comparison, or rounded to the decimals that were written), the mistake makes some
// of them wrong, or shows by a wrong one's digits, and some wrong value is not just the right
// number rounded too far. Mistakes that give the very numbers of the answer go before those whose
// rounded numbers they are, and these before those that come near enough. What the exercise cannot
// see in full digits is found by the written ones alone. If no mistake agrees wholly, two
// often-seen ones at once are tried; and if these do not either, mistakes that agree in part: where
// they say something else than the answer key does, so many values are theirs that chance gives
// them at odds of less than 1 to 1000.
//
// Thread safety: all const methods may be called from any thread.
#ifndef CELLAR_SERVER_GRADING_DIAGNOSER_H_
#define CELLAR_SERVER_GRADING_DIAGNOSER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/call_once.h"
#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "server/grading/answer.h"
#include "server/grading/exercise.h"
#include "server/grading/mistake_outcomes.h"
#include "server/grading/mistake_words.h"
#include "server/grading/written_number.h"

namespace cellar {

struct Diagnosis {
  std::string mistake;               // its id; of two at once "a+b"
  std::string title;                 // of two at once "a, and b"
  std::string explanation;           // for the student, without expected values
  int64_t matching_count;            // values of the answer that the mistake gives too
  int64_t value_count;               // values of the answer
  int64_t telling_count;             // of these, what the mistake makes wrong or digits show
  std::vector<std::string> same_as;  // others that give the very same answer here
};

struct Diagnoses {
  std::vector<Diagnosis> likeliest_first;
  std::string how_to_tell_apart;  // empty if one or none is left, or to look is too much work
};

// Nobody reads more of them.
inline constexpr size_t kMaxDiagnoses = 6;

class Diagnoser {
 public:
  // Works out the mistakes, unless they are too much work (CanBeDiagnosed): then nothing is ever
  // found. `exercise` outlives the diagnoser.
  explicit Diagnoser(const Exercise& exercise);

  Diagnoser(const Diagnoser&) = delete;
  Diagnoser& operator=(const Diagnoser&) = delete;

  // Nothing for an answer in which every given value is right. REQUIRES: `answer` has an entry for
  // each question, with as many values as it asks or none at all.
  Diagnoses Diagnose(const Answer& answer) const;

  // What the exercise looks like after each mistake; nothing: too much work.
  const std::optional<MistakeOutcomes>& outcomes() const { return outcomes_; }

 private:
  // How a value that was given, or all, agrees with a mistake; the better first.
  enum class Fit { kVeryNumber, kRounded, kNearEnough, kNone };

  // An answer, all questions in one row, as the right numbers see it.
  struct Given {
    WrittenAnswer values;
    std::vector<bool> wrong;
    std::vector<bool> right_rounded;  // digits that the right number has, too
    int64_t value_count = 0;
  };

  // How an answer and a group agree.
  struct Agreement {
    const OutcomeGroup* group;
    Fit fit = Fit::kVeryNumber;  // the worst of any value
    int64_t matching_count = 0;
    int64_t telling_count = 0;
    int64_t speaking_count =
        0;  // wrong values that are the mistake's and not the right ones rounded

    bool is_telling() const { return telling_count > 0 && speaking_count > 0; }
  };

  // What an answer is consistent with.
  struct Candidate {
    std::vector<size_t> mistakes;  // made at once, indices into the catalogue
    Agreement agreement;
    std::vector<std::string> same_as;
  };

  Given AsGiven(const Answer& answer) const;
  Fit FitOf(size_t index, double outcome, const WrittenNumber& given) const;
  Agreement Agree(const OutcomeGroup& group, const Given& given) const;
  // These give the likeliest first.
  std::vector<Candidate> WholeAgreement(const Given& given) const;
  std::vector<Candidate> AgreementWithPairs(const Given& given) const;
  std::vector<Candidate> PartialAgreement(const Given& given) const;
  Diagnoses Tell(const std::vector<Candidate>& found, int64_t value_count,
                 const std::vector<bool>& answered) const;
  const std::vector<OutcomeGroup>& pairs() const;
  std::string TellApart(const std::vector<Candidate>& found,
                        const std::vector<bool>& answered) const ABSL_LOCKS_EXCLUDED(mutex_);

  // Constant after construction.
  const Exercise& exercise_;
  const AnswerComparison comparison_;
  const MistakeWords words_;
  const bool can_tell_apart_;  // a run of the exercise is little work
  std::optional<MistakeOutcomes> outcomes_;
  std::vector<std::vector<size_t>> look_alikes_;

  // Made when first needed, constant from then on.
  mutable absl::once_flag pairs_once_;
  mutable std::vector<OutcomeGroup> pairs_;

  // Sentences that were found, by the mistakes (indices into the catalogue) they tell apart and the
  // questions that have an answer.
  using SentenceKey = std::pair<std::vector<std::vector<size_t>>, std::vector<bool>>;
  mutable absl::Mutex mutex_;
  mutable absl::flat_hash_map<SentenceKey, std::string> sentences_ ABSL_GUARDED_BY(mutex_);
};

// A diagnoser that is made when it is first needed, as most answers are right.
//
// Thread safety: as Diagnoser.
class LateDiagnoser {
 public:
  // REQUIRES: always the same exercise, which outlives this.
  const Diagnoser& For(const Exercise& exercise) const;

 private:
  mutable absl::once_flag once_;
  mutable std::unique_ptr<const Diagnoser> diagnoser_;  // made under `once_`, constant from then on
};

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_DIAGNOSER_H_
