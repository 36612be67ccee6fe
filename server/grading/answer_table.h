// An answer that is put together value by value, each with its place: from files that tell steps
// and letters.
//
// Thread safety: belongs to one thread; the functions are pure.
#ifndef CELLAR_SERVER_GRADING_ANSWER_TABLE_H_
#define CELLAR_SERVER_GRADING_ANSWER_TABLE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

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
  struct Column {
    std::vector<double> values;
    std::vector<bool> known;
    int64_t known_count = 0;
  };

  const Exercise& exercise_;
  std::vector<Column> columns_;  // one a question
  // The questions that ask for a quantity of a layer of a sequence.
  std::map<std::tuple<int64_t, int64_t, Quantity>, std::vector<size_t>> questions_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_ANSWER_TABLE_H_
