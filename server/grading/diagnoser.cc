#include "server/grading/diagnoser.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/grading/mistake_catalogue.h"
#include "server/grading/telling_value.h"

namespace cellar {
namespace {

// The odds that chance has to be worse than, and how sure a value is to be the mistake's if the
// mistake was made: people slip once more now and then.
const double kLeastEvidence = std::log(1000.0);
constexpr double kSureness = 0.9;

// So many mistakes are told apart, the likeliest ones; and so many sentences are remembered.
constexpr size_t kMaxToldApart = 12;
constexpr size_t kMaxSentences = 256;

// Beyond so many values the answers of all pairs would take more memory than they are worth.
constexpr size_t kMaxValuesOfPairs = 2000;

// A sentence is looked for if running the exercise once is no more work than this: milliseconds.
constexpr int64_t kMaxWorkToTellApart = 1'000'000;

// How much likelier a mistake is for having been seen often.
double PriorOf(const OutcomeGroup& group) {
  switch (MistakeCatalogue()[group.members.front()].seen) {
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

}  // namespace

Diagnoser::Diagnoser(const Exercise& exercise)
    : exercise_(exercise),
      comparison_(exercise),
      can_tell_apart_(MistakeWork(exercise) / static_cast<int64_t>(MistakeCatalogue().size()) <=
                      kMaxWorkToTellApart) {
  if (CanBeDiagnosed(exercise)) outcomes_ = WorkOutMistakes(exercise);
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
  Diagnoses found = WholeAgreement(given, value_count);
  if (found.likeliest_first.empty()) found = AgreementWithPairs(given, value_count);
  if (found.likeliest_first.empty()) found = PartialAgreement(given, value_count);
  return found;
}

Diagnoser::Agreement Diagnoser::Agree(const OutcomeGroup& group, const Given& given) const {
  Agreement agreement{&group};
  for (size_t k = 0; k < given.size(); ++k) {
    if (!given[k].has_value()) continue;
    agreement.telling_count += group.telling[k] ? 1 : 0;
    agreement.matching_count += comparison_.MayBeWrittenAs(k, group.values[k], *given[k]) ? 1 : 0;
  }
  return agreement;
}

Diagnoses Diagnoser::WholeAgreement(const Given& given, int64_t value_count) const {
  std::vector<size_t> members;
  std::vector<Agreement> agreements;  // of each group that agrees
  for (const OutcomeGroup& group : outcomes_->groups) {
    const Agreement agreement = Agree(group, given);
    if (agreement.matching_count < value_count || agreement.telling_count == 0) continue;
    agreements.push_back(agreement);
    members.insert(members.end(), group.members.begin(), group.members.end());
  }
  std::sort(members.begin(), members.end(), IsLikelier);
  Diagnoses found;
  for (const size_t member : members) {
    if (found.likeliest_first.size() == kMaxDiagnoses) break;
    const Mistake& mistake = MistakeCatalogue()[member];
    const auto* group = &outcomes_->groups[outcomes_->outcomes[member].group];
    const auto agreement = std::find_if(agreements.begin(), agreements.end(),
                                        [&](const Agreement& each) { return each.group == group; });
    found.likeliest_first.push_back({mistake.id, mistake.title, mistake.explanation,
                                     agreement->matching_count, value_count,
                                     agreement->telling_count, IdsBut(members, member)});
  }
  if (members.size() > 1) found.how_to_tell_apart = TellApart(members);
  return found;
}

Diagnoses Diagnoser::AgreementWithPairs(const Given& given, int64_t value_count) const {
  std::vector<Diagnosis> all;
  for (const OutcomeGroup& pair : pairs()) {
    const Agreement agreement = Agree(pair, given);
    if (agreement.matching_count < value_count || agreement.telling_count == 0) continue;
    const Mistake& a = MistakeCatalogue()[pair.members[0]];
    const Mistake& b = MistakeCatalogue()[pair.members[1]];
    all.push_back({absl::StrCat(a.id, "+", b.id),
                   absl::StrCat(a.title, ", and ", b.title),
                   absl::StrCat(a.explanation, " ", b.explanation),
                   agreement.matching_count,
                   value_count,
                   agreement.telling_count,
                   {}});
  }
  for (Diagnosis& each : all) {
    for (const Diagnosis& other : all) {
      if (&other != &each) each.same_as.push_back(other.mistake);
    }
  }
  if (all.size() > kMaxDiagnoses) all.resize(kMaxDiagnoses);
  return {std::move(all), ""};
}

Diagnoses Diagnoser::PartialAgreement(const Given& given, int64_t value_count) const {
  const std::vector<OutcomeGroup>& groups = outcomes_->groups;
  // How many groups give each value: what many give, chance gives too.
  std::vector<int64_t> matching_groups(given.size(), 0);
  for (const OutcomeGroup& group : groups) {
    for (size_t k = 0; k < given.size(); ++k) {
      if (!given[k].has_value()) continue;
      matching_groups[k] += comparison_.MayBeWrittenAs(k, group.values[k], *given[k]) ? 1 : 0;
    }
  }
  std::vector<std::pair<double, Agreement>> ranked;
  for (const OutcomeGroup& group : groups) {
    double evidence = 0;
    for (size_t k = 0; k < given.size(); ++k) {
      if (!given[k].has_value() || !group.telling[k]) continue;
      const bool matches = comparison_.MayBeWrittenAs(k, group.values[k], *given[k]);
      const double others = static_cast<double>(matching_groups[k] - (matches ? 1 : 0));
      const double chance = (1 + others) / (2 + static_cast<double>(groups.size()));
      evidence += matches ? std::log(kSureness / chance) : std::log((1 - kSureness) / (1 - chance));
    }
    if (evidence > kLeastEvidence)
      ranked.emplace_back(evidence + PriorOf(group), Agree(group, given));
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  Diagnoses found;
  for (const auto& [rank, agreement] : ranked) {
    for (const size_t member : agreement.group->members) {
      if (found.likeliest_first.size() == kMaxDiagnoses) break;
      const Mistake& mistake = MistakeCatalogue()[member];
      found.likeliest_first.push_back(
          {mistake.id, mistake.title, mistake.explanation, agreement.matching_count, value_count,
           agreement.telling_count, IdsBut(agreement.group->members, member)});
    }
  }
  return found;
}

const std::vector<OutcomeGroup>& Diagnoser::pairs() const {
  absl::call_once(pairs_once_, [this] {
    if (comparison_.value_count() <= kMaxValuesOfPairs) {
      pairs_ = WorkOutPairs(exercise_, *outcomes_);
    }
  });
  return pairs_;
}

std::string Diagnoser::TellApart(const std::vector<size_t>& mistakes) const {
  if (!can_tell_apart_) return "";
  std::vector<size_t> likeliest = mistakes;
  if (likeliest.size() > kMaxToldApart) likeliest.resize(kMaxToldApart);
  {
    absl::MutexLock lock(&mutex_);
    const auto known = sentences_.find(likeliest);
    if (known != sentences_.end()) return known->second;
  }
  std::vector<const Mistake*> rows;
  rows.reserve(likeliest.size());
  for (const size_t mistake : likeliest) rows.push_back(&MistakeCatalogue()[mistake]);
  std::string sentence = HowToTellApart(exercise_, rows);
  absl::MutexLock lock(&mutex_);
  if (sentences_.size() < kMaxSentences) sentences_.emplace(std::move(likeliest), sentence);
  return sentence;
}

const Diagnoser& LateDiagnoser::For(const Exercise& exercise) const {
  absl::call_once(once_, [&] { diagnoser_ = std::make_unique<const Diagnoser>(exercise); });
  return *diagnoser_;
}

}  // namespace cellar
