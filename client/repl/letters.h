// The letters of a trace in words.
//
// Thread safety: a function; no shared state.
#ifndef CELLAR_CLIENT_REPL_LETTERS_H_
#define CELLAR_CLIENT_REPL_LETTERS_H_

#include <string>

#include "cellar/v1/model.pb.h"
#include "cellar/v1/numerics.pb.h"

namespace cellar {

// What each column of the steps is, a line each: those that the cells of the model have under these
// numerics, in the order in which they are shown.
std::string LettersText(const v1::Model& model, const v1::Numerics& numerics);

}  // namespace cellar

#endif  // CELLAR_CLIENT_REPL_LETTERS_H_
