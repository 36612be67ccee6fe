// What a student gave, once it has been read; or why it could not be.
//
// Thread safety: values.
#ifndef CELLAR_SERVER_GRADING_ANSWER_H_
#define CELLAR_SERVER_GRADING_ANSWER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cellar {

// The values of each question, in the exercise's order, as many as asked; nothing: no answer.
using Answer = std::vector<std::optional<std::vector<double>>>;

// A place that could not be read.
struct ReadProblem {
  std::string question = {};  // its id, if the problem belongs to one
  int64_t line = 0;           // from 1; 0: no place
  int64_t column = 0;         // in characters, from 1; 0: no place
  std::string reason = {};    // what is wrong, what was found, what is allowed

  friend bool operator==(const ReadProblem&, const ReadProblem&) = default;
};

using ReadProblems = std::vector<ReadProblem>;

// Nobody reads more problems of one answer than this; further ones are not noted.
inline constexpr size_t kMaxReadProblems = 20;

// An answer if there are no problems; otherwise `answer` is not to be used.
struct ReadAnswer {
  Answer answer = {};
  ReadProblems problems = {};
};

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_ANSWER_H_
