#include "server/grading/diagnoser.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/grading/mistake_catalogue.h"
#include "server/grading/telling_value.h"

namespace cellar {
namespace {

// The odds that chance has to be worse than, and how sure a value is to be the mistake's if the
// mistake was made: people slip once more now and then.
const double kLeastEvidence = std::log(1000.0);
constexpr double kSureness = 0.9;

// So many sentences on what tells apart are remembered.
constexpr size_t kMaxSentences = 256;

// Beyond so many values the answers of all pairs would take more memory than they are worth.
constexpr size_t kMaxValuesOfPairs = 2000;

// A sentence is looked for if running the exercise once is no more work than this: milliseconds.
constexpr int64_t kMaxWorkToTellApart = 1'000'000;

// How much likelier a mistake is for having been seen often.
double PriorOf(const std::vector<size_t>& likeliest_first) {
  switch (MistakeCatalogue()[likeliest_first.front()].seen) {
    case Seen::kNever:
      return std::log(0.25);
    case Seen::kSeldom:
      return 0;
    case Seen::kOften:
      return std::log(4.0);
  }
  return 0;
}

std::vector<std::string> IdsBut(const std::vector<size_t>& mistakes, size_t left_out) {
  std::vector<std::string> ids;
  for (const size_t mistake : mistakes) {
    if (mistake != left_out) ids.push_back(MistakeCatalogue()[mistake].id);
  }
  return ids;
}

// "a"; of two at once "a+b".
std::string MistakesId(const std::vector<size_t>& mistakes) {
  return absl::StrJoin(mistakes, "+", [](std::string* out, size_t mistake) {
    out->append(MistakeCatalogue()[mistake].id);
  });
}

// Which questions have an answer.
std::vector<bool> AnsweredOf(const Answer& answer) {
  std::vector<bool> answered;
  answered.reserve(answer.size());
  for (const auto& values : answer) answered.push_back(values.has_value());
  return answered;
}

}  // namespace

Diagnoser::Diagnoser(const Exercise& exercise)
    : exercise_(exercise),
      comparison_(exercise),
      words_(exercise),
      can_tell_apart_(MistakeWork(exercise) / static_cast<int64_t>(MistakeCatalogue().size()) <=
                      kMaxWorkToTellApart) {
  if (!CanBeDiagnosed(exercise)) return;
  outcomes_ = WorkOutMistakes(exercise);
  look_alikes_ = LookAlikes(*outcomes_);
}

Diagnoses Diagnoser::Diagnose(const Answer& answer) const {
  if (!outcomes_.has_value()) return {};
  const Given given = AsGiven(answer);
  if (std::none_of(given.wrong.begin(), given.wrong.end(), [](bool wrong) { return wrong; })) {
    return {};
  }
  std::vector<Candidate> found = WholeAgreement(given);
  if (found.empty()) found = AgreementWithPairs(given);
  if (found.empty()) found = PartialAgreement(given);
  return Tell(found, given.value_count, AnsweredOf(answer));
}

Diagnoser::Given Diagnoser::AsGiven(const Answer& answer) const {
  std::vector<std::optional<double>> values;
  values.reserve(comparison_.value_count());
  for (size_t q = 0; q < answer.size(); ++q) {
    const auto count = static_cast<size_t>(exercise_.questions[q].value_count());
    if (answer[q].has_value()) {
      values.insert(values.end(), answer[q]->begin(), answer[q]->end());
    } else {
      values.insert(values.end(), count, std::nullopt);
    }
  }
  Given given{WrittenNumbers(values), std::vector<bool>(values.size()),
              std::vector<bool>(values.size())};
  for (size_t k = 0; k < values.size(); ++k) {
    if (!values[k].has_value()) continue;
    const double right = outcomes_->expected[k];
    ++given.value_count;
    given.wrong[k] = !comparison_.AcceptsValue(k, right, *values[k]);
    given.right_rounded[k] = IsRoundedFrom(*given.values[k], right);
  }
  return given;
}

Diagnoser::Fit Diagnoser::FitOf(size_t index, double outcome, const WrittenNumber& given) const {
  if (comparison_.IsSame(outcome, given.value)) return Fit::kVeryNumber;
  if (IsRoundedFrom(given, outcome)) return Fit::kRounded;
  return comparison_.AcceptsValue(index, outcome, given.value) ? Fit::kNearEnough : Fit::kNone;
}

Diagnoser::Agreement Diagnoser::Agree(const OutcomeGroup& group, const Given& given) const {
  Agreement agreement{&group};
  for (size_t k = 0; k < given.values.size(); ++k) {
    if (!given.values[k].has_value()) continue;
    const Fit fit = FitOf(k, group.values[k], *given.values[k]);
    agreement.fit = std::max(agreement.fit, fit);
    agreement.matching_count += fit != Fit::kNone ? 1 : 0;
    const bool is_wrong = given.wrong[k];
    const bool is_right_rounded = given.right_rounded[k];
    const bool digits_tell = is_wrong && !is_right_rounded && fit == Fit::kRounded;
    agreement.telling_count += group.telling[k] || digits_tell ? 1 : 0;
    const bool speaks = is_wrong && (fit == Fit::kVeryNumber || !is_right_rounded);
    agreement.speaking_count += fit != Fit::kNone && speaks ? 1 : 0;
  }
  return agreement;
}

std::vector<Diagnoser::Candidate> Diagnoser::WholeAgreement(const Given& given) const {
  std::vector<Candidate> found;
  // `worst` that an answer may fit to be taken for the mistake's.
  const auto add = [&](const std::vector<OutcomeGroup>& groups, Fit worst) {
    for (const OutcomeGroup& group : groups) {
      const Agreement agreement = Agree(group, given);
      if (agreement.fit > worst || !agreement.is_telling()) continue;
      for (const size_t member : group.members) {
        found.push_back({{member}, agreement, IdsBut(group.members, member)});
      }
    }
  };
  add(outcomes_->groups, Fit::kNearEnough);
  // Near enough to these is near enough to the right numbers, too.
  add(outcomes_->faint_groups, Fit::kRounded);
  std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    if (a.agreement.fit != b.agreement.fit) return a.agreement.fit < b.agreement.fit;
    return IsLikelier(a.mistakes[0], b.mistakes[0]);
  });
  return found;
}

std::vector<Diagnoser::Candidate> Diagnoser::AgreementWithPairs(const Given& given) const {
  std::vector<Candidate> found;
  for (const OutcomeGroup& pair : pairs()) {
    const Agreement agreement = Agree(pair, given);
    if (agreement.fit == Fit::kNone || !agreement.is_telling()) continue;
    found.push_back({pair.members, agreement, {}});
  }
  for (Candidate& each : found) {
    for (const Candidate& other : found) {
      if (&other == &each) continue;
      if (!AreSameAnswer(each.agreement.group->values, other.agreement.group->values)) continue;
      each.same_as.push_back(MistakesId(other.mistakes));
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    return a.agreement.fit < b.agreement.fit;
  });
  return found;
}

std::vector<Diagnoser::Candidate> Diagnoser::PartialAgreement(const Given& given) const {
  // Groups that the comparison takes for one are one here, under the first of them.
  std::vector<size_t> heads;
  for (size_t g = 0; g < outcomes_->groups.size(); ++g) {
    if (outcomes_->groups[g].taken_for == g) heads.push_back(g);
  }
  // How many of them give each value: what many give, chance gives too.
  const size_t count = given.values.size();
  std::vector<int64_t> matching_groups(count, 0);
  for (const size_t head : heads) {
    const OutcomeGroup& group = outcomes_->groups[head];
    for (size_t k = 0; k < count; ++k) {
      if (!given.values[k].has_value()) continue;
      matching_groups[k] += FitOf(k, group.values[k], *given.values[k]) != Fit::kNone ? 1 : 0;
    }
  }
  std::vector<std::pair<double, size_t>> ranked;  // heads
  for (size_t i = 0; i < heads.size(); ++i) {
    const OutcomeGroup& group = outcomes_->groups[heads[i]];
    double evidence = 0;
    for (size_t k = 0; k < count; ++k) {
      if (!given.values[k].has_value() || !group.telling[k]) continue;
      const Fit fit = FitOf(k, group.values[k], *given.values[k]);
      const bool matches = fit != Fit::kNone;
      if (matches && fit != Fit::kVeryNumber && given.right_rounded[k]) continue;
      const double others = static_cast<double>(matching_groups[k] - (matches ? 1 : 0));
      const double chance = (1 + others) / (2 + static_cast<double>(heads.size()));
      evidence += matches ? std::log(kSureness / chance) : std::log((1 - kSureness) / (1 - chance));
    }
    if (evidence > kLeastEvidence) ranked.emplace_back(evidence + PriorOf(look_alikes_[i]), i);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Candidate> found;
  for (const auto& [rank, i] : ranked) {
    for (const size_t member : look_alikes_[i]) {
      const OutcomeGroup& group = outcomes_->groups[outcomes_->outcomes[member].group];
      found.push_back({{member}, Agree(group, given), IdsBut(group.members, member)});
    }
  }
  return found;
}

Diagnoses Diagnoser::Tell(const std::vector<Candidate>& found, int64_t value_count,
                          const std::vector<bool>& answered) const {
  Diagnoses told;
  for (const Candidate& each : found) {
    if (told.likeliest_first.size() == kMaxDiagnoses) break;
    std::string title;
    std::string explanation;
    for (const size_t index : each.mistakes) {
      const Mistake& mistake = MistakeCatalogue()[index];
      absl::StrAppend(&title, title.empty() ? "" : ", and ", words_.Of(mistake.title));
      absl::StrAppend(&explanation, explanation.empty() ? "" : " ", words_.Of(mistake.explanation));
    }
    told.likeliest_first.push_back({MistakesId(each.mistakes), std::move(title),
                                    std::move(explanation), each.agreement.matching_count,
                                    value_count, each.agreement.telling_count, each.same_as});
  }
  if (found.size() > 1) told.how_to_tell_apart = TellApart(found, answered);
  return told;
}

const std::vector<OutcomeGroup>& Diagnoser::pairs() const {
  absl::call_once(pairs_once_, [this] {
    if (comparison_.value_count() <= kMaxValuesOfPairs) {
      pairs_ = WorkOutPairs(exercise_, *outcomes_);
    }
  });
  return pairs_;
}

std::string Diagnoser::TellApart(const std::vector<Candidate>& found,
                                 const std::vector<bool>& answered) const {
  if (!can_tell_apart_) return "";
  std::vector<std::vector<size_t>> likeliest;
  std::vector<Explanation> explanations;
  for (const Candidate& each : found) {
    if (likeliest.size() == kMaxExplanations) break;
    likeliest.push_back(each.mistakes);
    Explanation& explanation = explanations.emplace_back();
    for (const size_t mistake : each.mistakes) explanation.push_back(&MistakeCatalogue()[mistake]);
  }
  std::pair key(std::move(likeliest), answered);
  {
    absl::MutexLock lock(&mutex_);
    const auto known = sentences_.find(key);
    if (known != sentences_.end()) return known->second;
  }
  std::string sentence = HowToTellApart(exercise_, explanations, answered);
  absl::MutexLock lock(&mutex_);
  if (sentences_.size() < kMaxSentences) sentences_.emplace(std::move(key), sentence);
  return sentence;
}

const Diagnoser& LateDiagnoser::For(const Exercise& exercise) const {
  absl::call_once(once_, [&] { diagnoser_ = std::make_unique<const Diagnoser>(exercise); });
  return *diagnoser_;
}

}  // namespace cellar
