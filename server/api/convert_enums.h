// Enums between the wire and the domain. Reading refuses a number that the enum does not have with
// a violation that names the values allowed, and goes on with the default, so that one request
// shows all its violations.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_API_CONVERT_ENUMS_H_
#define CELLAR_SERVER_API_CONVERT_ENUMS_H_

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "cellar/v1/model.pb.h"
#include "cellar/v1/model_service.pb.h"
#include "cellar/v1/numerics.pb.h"
#include "cellar/v1/session.pb.h"
#include "cellar/v1/tensor.pb.h"
#include "cellar/v1/trace.pb.h"
#include "google/protobuf/generated_enum_reflection.h"
#include "server/base/error.h"
#include "server/cell/bfloat16.h"
#include "server/cell/cell_kind.h"
#include "server/cell/numerics.h"
#include "server/engine/step_runner.h"
#include "server/session/session.h"

namespace cellar {

// "17 is not a value of View; allowed are VIEW_OUTPUT (1), VIEW_STATE (2) and VIEW_TRACE (3)".
std::string UnknownEnumValue(const google::protobuf::EnumDescriptor& type, int value);

// Whether the enum has `value` (UNSPECIFIED counts); if not, adds a violation at `path`.
template <class Enum>
bool CheckEnum(Enum value, absl::string_view path, FieldViolations& violations) {
  const auto& type = *google::protobuf::GetEnumDescriptor<Enum>();
  if (type.FindValueByNumber(value) != nullptr) return true;
  violations.push_back({std::string(path), UnknownEnumValue(type, value)});
  return false;
}

// Nothing: unspecified or refused.
std::optional<Precision> ReadPrecision(v1::Precision value, absl::string_view path,
                                       FieldViolations& violations);
std::optional<WeightStorage> ReadWeightStorage(v1::WeightStorage value, absl::string_view path,
                                               FieldViolations& violations);
std::optional<Activation> ReadActivation(v1::Activation value, absl::string_view path,
                                         FieldViolations& violations);
std::optional<Durability> ReadDurability(v1::Durability value, absl::string_view path,
                                         FieldViolations& violations);

// All rules at once; paths begin with `path`. An unspecified precision is `default_precision`.
Numerics ReadNumerics(const v1::Numerics& message, Precision default_precision,
                      absl::string_view path, FieldViolations& violations);

// View and density of `request`, which has these two fields; paths begin with `prefix` ("" or
// "open.").
TraceOptions ReadTraceOptions(v1::View view, v1::Density density, absl::string_view prefix,
                              FieldViolations& violations);

v1::Precision WritePrecision(Precision value);
v1::WeightStorage WriteWeightStorage(WeightStorage value);
v1::Activation WriteActivation(Activation value);
v1::Durability WriteDurability(Durability value);
v1::Numerics WriteNumerics(const Numerics& numerics);  // every field specified

// The encoding of an answer: `asked`, or `otherwise` if it is unspecified, or VALUES if both are.
v1::Encoding ChooseEncoding(v1::Encoding asked, v1::Encoding otherwise);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_CONVERT_ENUMS_H_
