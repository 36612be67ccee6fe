// What is wrong in a file, and where.
#ifndef CELLAR_CLIENT_SOURCE_PROBLEM_H_
#define CELLAR_CLIENT_SOURCE_PROBLEM_H_

#include <string>

namespace cellar {

struct SourceProblem {
  int line = 1;    // from 1
  int column = 1;  // from 1, in bytes
  std::string message;
};

}  // namespace cellar

#endif  // CELLAR_CLIENT_SOURCE_PROBLEM_H_
