// All mistakes that Cellar knows. The page mistakes.md shows them; a test keeps it true.
//
// Thread safety: immutable after the first call; the functions may be called from any thread.
#ifndef CELLAR_SERVER_GRADING_MISTAKE_CATALOGUE_H_
#define CELLAR_SERVER_GRADING_MISTAKE_CATALOGUE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/grading/mistake.h"

namespace cellar {

// In the order in which equally likely ones are named. Ids are unique.
const std::vector<Mistake>& MistakeCatalogue();

// The mistake of this id, or nullptr.
const Mistake* FindMistake(absl::string_view id);

// Whether a model has a cell that can have the mistake.
bool HasCellFor(const Mistake& mistake, const std::vector<CellShape>& shapes);

// The page: Markdown with a row for each mistake.
std::string MistakePage();

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_MISTAKE_CATALOGUE_H_
