// Variations of an exercise, from the wire, and the numbers they draw, into the message: a field's
// path is a path of the message.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_API_CONVERT_VARIATION_H_
#define CELLAR_SERVER_API_CONVERT_VARIATION_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cellar/v1/exercise.pb.h"
#include "server/base/error.h"
#include "server/grading/exercise.h"

namespace cellar {

// The variations of `message`; `exercise` has its model and numerics. What is wrong is added to
// `violations` under `path`, the path of `message`; then the result is not to be used.
std::vector<Variation> ReadVariations(const v1::Exercise& message, const Exercise& exercise,
                                      absl::string_view path, FieldViolations& violations);

// Draws the variations of `exercise` into *message, of which it was made; *message has none any
// more. Afterwards it is an exercise without violations.
void DrawVariations(const Exercise& exercise, absl::string_view seed, v1::Exercise* message);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_CONVERT_VARIATION_H_
