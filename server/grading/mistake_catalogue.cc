#include "server/grading/mistake_catalogue.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/grading/mistake_tables.h"
#include "server/grading/mistake_words.h"
#include "server/model/cell_fields.h"

namespace cellar {
namespace {

constexpr char kPageHead[] = R"(# Mistakes that Cellar knows

What a verdict's diagnoses and `CheckExercise` are made of. Each row is an alternative way to work an exercise. An
answer that agrees with one is *consistent with* it; that is no proof. Its written digits count: where the tolerance
takes both the right number and a mistake's, a wrong value that is the mistake's rounded as it was written, and not
the right one's, speaks for the mistake. A value that is right, or the right number with too few digits, speaks for
none. The very numbers of a mistake go before its rounded ones, and these before what comes near enough; among
mistakes that explain an answer equally well, those that students were seen to make often come first. The table is
made from the catalogue (`mistake_catalogue.h`), and a test compares the two.

| mistake | what is done wrong | cells | seen |
|---|---|---|---|
)";

std::string CellWords(const CellKinds& cells) {
  if (cells.size() == AnyCell().size()) return "all";
  if (cells == Gru()) return "gru";
  if (cells == Gated()) return "lstm, gru";
  return absl::StrJoin(cells, ", ", [](std::string* out, CellKind kind) {
    absl::StrAppend(out, CellFieldName(kind));
  });
}

const char* SeenWord(Seen seen) {
  switch (seen) {
    case Seen::kNever:
      return "never";
    case Seen::kSeldom:
      return "seldom";
    case Seen::kOften:
      return "often";
  }
  return "";
}

std::vector<Mistake> AllMistakes() {
  std::vector<Mistake> all;
  for (const auto& part :
       {MistakesOfRules(), MistakesOfFormulas(), MistakesOfSequences(), MistakesOfWeights()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace

const std::vector<Mistake>& MistakeCatalogue() {
  static const auto& catalogue = *new std::vector<Mistake>(AllMistakes());
  return catalogue;
}

const Mistake* FindMistake(absl::string_view id) {
  for (const Mistake& mistake : MistakeCatalogue()) {
    if (mistake.id == id) return &mistake;
  }
  return nullptr;
}

bool HasCellFor(const Mistake& mistake, const std::vector<CellShape>& shapes) {
  return std::any_of(shapes.begin(), shapes.end(), [&](const CellShape& shape) {
    return std::find(mistake.cells.begin(), mistake.cells.end(), shape.kind) != mistake.cells.end();
  });
}

std::string MistakePage() {
  std::string page = kPageHead;
  const MistakeWords words;
  for (const Mistake& mistake : MistakeCatalogue()) {
    absl::StrAppend(&page, "| `", mistake.id, "` | ", words.Of(mistake.title), " | ",
                    CellWords(mistake.cells), " | ", SeenWord(mistake.seen), " |\n");
  }
  return page;
}

}  // namespace cellar
