// An answer that is put together value by value, each with its place: from files that tell steps
// and letters.
//
// Thread safety: belongs to one thread; the functions are pure.
#ifndef CELLAR_SERVER_GRADING_ANSWER_TABLE_H_
#define CELLAR_SERVER_GRADING_ANSWER_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/grading/answer.h"
#include "server/grading/exercise.h"

namespace cellar {

// The quantity that `cellar run` calls by this letter: h c f i o z r g.
std::optional<Quantity> QuantityOfLetter(absl::string_view letter);

class AnswerTable {
 public:
  // `exercise` outlives it.
  explicit AnswerTable(const Exercise& exercise);

  // Notes a value; one that no question asks for is passed over.
  void Put(const AskedValue& place, double value);

  // The answer: a question of which nothing was put has none, one of which something is missing is
  // a problem, and so is it if nothing was put at all.
  ReadAnswer Take() const;

 private:
  // Sequence, layer, quantity, step and element.
  using Place = std::tuple<int64_t, int64_t, Quantity, int64_t, int64_t>;
  static Place PlaceOf(const AskedValue& value);

  const Exercise& exercise_;
  // Every value that is asked for, once, however many questions ask for it.
  absl::flat_hash_map<Place, size_t> slots_;
  std::vector<std::optional<double>> values_;        // by slot
  std::vector<std::vector<size_t>> question_slots_;  // of each question's values, in its order
};

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_ANSWER_TABLE_H_
