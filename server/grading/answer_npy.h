// Answers as NumPy arrays (.npy): versions 1 to 3, real and integer types of up to 64 bits and
// booleans, either byte order, C or Fortran order.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_ANSWER_NPY_H_
#define CELLAR_SERVER_GRADING_ANSWER_NPY_H_

#include "absl/strings/string_view.h"
#include "server/grading/answer.h"
#include "server/grading/exercise.h"

namespace cellar {

// Whether the content begins as such a file does.
bool HasNpyMagic(absl::string_view content);

// The elements in row-major order are the values of the questions one after another.
ReadAnswer ReadNpy(const Exercise& exercise, absl::string_view content);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_ANSWER_NPY_H_
