#include "client/commands/exercise/mistakes_text.h"

#include <algorithm>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/error_text.h"
#include "client/number_text.h"
#include "client/table.h"

namespace cellar {
namespace {

constexpr int kMaxValues = 12;  // shown of an answer

// Mistakes that lead to one answer.
using MistakeGroup = std::vector<const v1::MistakeVisibility*>;

// Those that are marked wrong, by their answers: first those that share one. Inside of that the
// order is that of the check.
std::vector<MistakeGroup> VisibleGroups(const v1::CheckExerciseResponse& check) {
  std::vector<MistakeGroup> groups;
  std::set<std::string> grouped;
  for (const v1::MistakeVisibility& first : check.mistakes()) {
    if (!first.applicable() || !first.visible() || grouped.contains(first.mistake())) continue;
    const std::set<std::string> same(first.same_as().begin(), first.same_as().end());
    MistakeGroup& group = groups.emplace_back();
    for (const v1::MistakeVisibility& mistake : check.mistakes()) {
      if (&mistake == &first || same.contains(mistake.mistake())) group.push_back(&mistake);
    }
    grouped.insert(same.begin(), same.end());
  }
  std::stable_partition(groups.begin(), groups.end(),
                        [](const MistakeGroup& group) { return group.size() > 1; });
  return groups;
}

// "0 0 1 -1 1 0"; empty if it was not asked for.
std::string AnswerText(const v1::MistakeVisibility& mistake) {
  const NumberFormat format{.precision = v1::PRECISION_FLOAT64};
  const int count = std::min(mistake.answer_size(), kMaxValues);
  std::string text = absl::StrJoin(
      mistake.answer().begin(), mistake.answer().begin() + count, " ",
      [&](std::string* out, double value) { out->append(FormatNumber(value, format)); });
  if (count < mistake.answer_size()) absl::StrAppend(&text, " ... (", mistake.answer_size(), ")");
  return text;
}

std::string UnseenTable(const MistakeGroup& unseen) {
  Table table{{"WHAT IS DONE WRONG", "NAME"}, {}, Table::Align::kLeft};
  for (const v1::MistakeVisibility* mistake : unseen) {
    table.rows.push_back({OneLine(mistake->title()), OneLine(mistake->mistake())});
  }
  return AlignedText(table);
}

// An answer stands beside the first mistake that leads to it; where none was told, its number does.
std::string GroupTable(const std::vector<MistakeGroup>& groups) {
  Table table{{"ANSWER", "WHAT IS DONE WRONG", "NAME"}, {}, Table::Align::kLeft};
  for (size_t g = 0; g < groups.size(); ++g) {
    std::string answer = AnswerText(*groups[g].front());
    if (answer.empty()) answer = absl::StrCat("(", g + 1, ")");
    for (const v1::MistakeVisibility* mistake : groups[g]) {
      table.rows.push_back({answer, OneLine(mistake->title()), OneLine(mistake->mistake())});
      answer.clear();
    }
  }
  return AlignedText(table);
}

std::string Mistakes(size_t count) {
  return absl::StrCat(count, count == 1 ? " known mistake" : " known mistakes");
}

std::string Answers(size_t count) {
  return absl::StrCat(count, count == 1 ? " answer" : " different answers");
}

}  // namespace

std::string MistakesText(const v1::CheckExerciseResponse& check, MistakesShown shown) {
  MistakeGroup unseen;
  size_t seen_count = 0;
  for (const v1::MistakeVisibility& mistake : check.mistakes()) {
    if (!mistake.applicable()) continue;
    if (mistake.visible()) {
      ++seen_count;
    } else {
      unseen.push_back(&mistake);
    }
  }
  const std::vector<MistakeGroup> groups = VisibleGroups(check);
  std::string text = absl::StrCat("Of ", Mistakes(seen_count + unseen.size()), ", ", seen_count,
                                  seen_count == 1 ? " is" : " are", " marked wrong");
  if (!groups.empty()) {
    absl::StrAppend(&text, " (", Answers(groups.size()), ", which ",
                    shown == MistakesShown::kAll ? "stand below" : "--all tells", ")");
  }
  absl::StrAppend(&text, " and ", unseen.size(), unseen.size() == 1 ? " is" : " are",
                  " marked right all the same", unseen.empty() ? ".\n" : ":\n\n",
                  unseen.empty() ? "" : UnseenTable(unseen));
  if (shown == MistakesShown::kAll && !groups.empty()) {
    absl::StrAppend(&text, "\n", GroupTable(groups));
  }
  return text;
}

}  // namespace cellar
