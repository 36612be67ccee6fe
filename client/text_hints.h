// What people mean who write protobuf text by hand and get its braces wrong.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_TEXT_HINTS_H_
#define CELLAR_CLIENT_TEXT_HINTS_H_

#include <google/protobuf/descriptor.h>

#include <string>

#include "absl/strings/string_view.h"
#include "client/source_problem.h"

namespace cellar {

// What to say in place of `problem`, which protobuf's parser found in `contents`, a text of type
// `root`; empty if its own words will do. The problem stands at the word that is wrong. Told are:
//  - a field of a message around: the message that is still open, and where it began;
//  - the end of the file inside a message: the same;
//  - a brace that closes nothing;
//  - a message without its brace, and how a tensor is written;
//  - numbers of a tensor in brackets inside of brackets, or without a name.
std::string BraceHint(absl::string_view contents, const SourceProblem& problem,
                      const google::protobuf::Descriptor* root);

// How a field that is a tensor is written in protobuf text: "inputs { values: [0, 1] }...".
std::string TensorHint(absl::string_view field);

}  // namespace cellar

#endif  // CELLAR_CLIENT_TEXT_HINTS_H_
