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
  Given given;
  given.reserve(comparison_.value_count());
  for (size_t q = 0; q < answer.size(); ++q) {
    const auto count = static_cast<size_t>(exercise_.questions[q].value_count());
    if (answer[q].has_value()) {
      given.insert(given.end(), answer[q]->begin(), answer[q]->end());
    } else {
      given.insert(given.end(), count, std::nullopt);
    }
  }
  int64_t value_count = 0;
  bool right = true;
  for (size_t k = 0; k < given.size(); ++k) {
    if (!given[k].has_value()) continue;
    ++value_count;
    right = right && comparison_.AcceptsValue(k, outcomes_->expected[k], *given[k]);
  }
  if (right) return {};
  std::vector<Candidate> found = WholeAgreement(given, value_count);
  if (found.empty()) found = AgreementWithPairs(given, value_count);
  if (found.empty()) found = PartialAgreement(given);
  return Tell(found, value_count, AnsweredOf(answer));
}

Diagnoser::Agreement Diagnoser::Agree(const OutcomeGroup& group, const Given& given) const {
  Agreement agreement{&group};
  for (size_t k = 0; k < given.size(); ++k) {
    if (!given[k].has_value()) continue;
    agreement.telling_count += group.telling[k] ? 1 : 0;
    agreement.matching_count += comparison_.MayBeWrittenAs(k, group.values[k], *given[k]) ? 1 : 0;
    agreement.is_exact = agreement.is_exact && comparison_.IsSame(group.values[k], *given[k]);
  }
  return agreement;
}

std::vector<Diagnoser::Candidate> Diagnoser::WholeAgreement(const Given& given,
                                                            int64_t value_count) const {
  std::vector<Candidate> found;
  for (const OutcomeGroup& group : outcomes_->groups) {
    const Agreement agreement = Agree(group, given);
    if (agreement.matching_count < value_count || agreement.telling_count == 0) continue;
    for (const size_t member : group.members) {
      found.push_back({{member}, agreement, IdsBut(group.members, member)});
    }
  }
  // What gives the very numbers goes before what only comes near enough.
  std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    if (a.agreement.is_exact != b.agreement.is_exact) return a.agreement.is_exact;
    return IsLikelier(a.mistakes[0], b.mistakes[0]);
  });
  return found;
}

std::vector<Diagnoser::Candidate> Diagnoser::AgreementWithPairs(const Given& given,
                                                                int64_t value_count) const {
  std::vector<Candidate> found;
  for (const OutcomeGroup& pair : pairs()) {
    const Agreement agreement = Agree(pair, given);
    if (agreement.matching_count < value_count || agreement.telling_count == 0) continue;
    found.push_back({pair.members, agreement, {}});
  }
  for (Candidate& each : found) {
    for (const Candidate& other : found) {
      if (&other == &each) continue;
      if (!AreSameAnswer(each.agreement.group->values, other.agreement.group->values)) continue;
      each.same_as.push_back(MistakesId(other.mistakes));
    }
  }
  std::stable_partition(found.begin(), found.end(),
                        [](const Candidate& each) { return each.agreement.is_exact; });
  return found;
}

std::vector<Diagnoser::Candidate> Diagnoser::PartialAgreement(const Given& given) const {
  // Groups that the comparison takes for one are one here, under the first of them.
  std::vector<size_t> heads;
  for (size_t g = 0; g < outcomes_->groups.size(); ++g) {
    if (outcomes_->groups[g].taken_for == g) heads.push_back(g);
  }
  // How many of them give each value: what many give, chance gives too.
  std::vector<int64_t> matching_groups(given.size(), 0);
  for (const size_t head : heads) {
    const OutcomeGroup& group = outcomes_->groups[head];
    for (size_t k = 0; k < given.size(); ++k) {
      if (!given[k].has_value()) continue;
      matching_groups[k] += comparison_.MayBeWrittenAs(k, group.values[k], *given[k]) ? 1 : 0;
    }
  }
  std::vector<std::pair<double, size_t>> ranked;  // heads
  for (size_t i = 0; i < heads.size(); ++i) {
    const OutcomeGroup& group = outcomes_->groups[heads[i]];
    double evidence = 0;
    for (size_t k = 0; k < given.size(); ++k) {
      if (!given[k].has_value() || !group.telling[k]) continue;
      const bool matches = comparison_.MayBeWrittenAs(k, group.values[k], *given[k]);
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
