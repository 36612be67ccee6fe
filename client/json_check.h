// Finds what is wrong in a proto3 JSON text, and where: protobuf's own parser tells a path at best.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_JSON_CHECK_H_
#define CELLAR_CLIENT_JSON_CHECK_H_

#include <google/protobuf/descriptor.h>

#include <optional>

#include "absl/strings/string_view.h"
#include "client/source_problem.h"

namespace cellar {

// The first problem of `text` as a message of type `root`: its syntax, names of fields, kinds of
// values, names of enum values, fields given twice, two members of a oneof. Nothing if there is
// none. Well-known types and the entries of maps are checked for syntax only.
std::optional<SourceProblem> CheckJson(absl::string_view text,
                                       const google::protobuf::Descriptor* root);

}  // namespace cellar

#endif  // CELLAR_CLIENT_JSON_CHECK_H_
