// What a mistake is called in an exercise: the words of the catalogue, in which the function around
// an LSTM's c is named only here, as it is the exercise's own.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_MISTAKE_WORDS_H_
#define CELLAR_SERVER_GRADING_MISTAKE_WORDS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "server/cell/cell_weights.h"
#include "server/grading/exercise.h"

namespace cellar {

class MistakeWords {
 public:
  // In the words of an LSTM as it mostly is: with tanh around c.
  MistakeWords();

  // In the words of an exercise. Where its LSTMs have different functions around c, none is named.
  explicit MistakeWords(const Exercise& exercise);

  // A title or an explanation of the catalogue with `{tanh}` replaced by the function's name ("the
  // {tanh}": tanh, sigmoid, hard sigmoid), and `{tanh(c)}` by c behind it.
  std::string Of(absl::string_view words) const;

 private:
  std::string name_;    // "tanh"
  std::string memory_;  // "tanh(c)"
};

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_MISTAKE_WORDS_H_
