// Answers as JSON: what `cellar run --json` prints; an object of question ids or letters; an array.
// The forms are told in grading.proto.
//
// The parser is RapidJSON: it takes bare NaN and Infinity, tells where it fails, needs no stack for
// depth, and calls back value by value, so that no tree is built.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_ANSWER_JSON_H_
#define CELLAR_SERVER_GRADING_ANSWER_JSON_H_

#include "absl/strings/string_view.h"
#include "server/grading/answer.h"
#include "server/grading/exercise.h"

namespace cellar {

ReadAnswer ReadJson(const Exercise& exercise, absl::string_view content);

// Whether somebody who did not say so means JSON: the content begins with an object ({} or a key
// and its colon), or is an array with texts or objects in it and without a fault. An array of bare
// numbers is as well what people type, who also put a quote where none belongs.
bool LooksLikeJson(absl::string_view content);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_ANSWER_JSON_H_
