// Finds what is wrong in a proto3 JSON text, and where: protobuf's own parser tells a path at best.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_JSON_CHECK_H_
#define CELLAR_CLIENT_JSON_CHECK_H_

#include <google/protobuf/descriptor.h>

#include <map>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "client/source_problem.h"

namespace cellar {

// Where a field stands in a JSON text: line and column of its name, or of its place in a list.
struct JsonPlace {
  int line = 1;    // from 1
  int column = 1;  // from 1, in bytes
};

// By path, in the names of the proto: "model.layers[0].lstm.forget_gate.bias". Numbers of a list
// are not in it, their list is.
using JsonPlaces = std::map<std::string, JsonPlace>;

// The first problem of `text` as a message of type `root`: its syntax, names of fields, kinds of
// values, names of enum values, fields given twice, two members of a oneof. Nothing if there is
// none. Well-known types and the entries of maps are checked for syntax only.
// `places`, if given, gets where the fields stand.
std::optional<SourceProblem> CheckJson(absl::string_view text,
                                       const google::protobuf::Descriptor* root,
                                       JsonPlaces* places = nullptr);

}  // namespace cellar

#endif  // CELLAR_CLIENT_JSON_CHECK_H_
