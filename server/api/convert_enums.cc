#include "server/api/convert_enums.h"

#include <vector>

#include "google/protobuf/descriptor.h"

namespace cellar {

std::string UnknownEnumValue(const google::protobuf::EnumDescriptor& type, int value) {
  std::string text = absl::StrCat(value, " is not a value of ", type.name(), "; allowed are ");
  // The first value of every enum is UNSPECIFIED, which asks for nothing: not worth a mention.
  for (int i = 1; i < type.value_count(); ++i) {
    if (i > 1) absl::StrAppend(&text, i + 1 < type.value_count() ? ", " : " and ");
    absl::StrAppend(&text, type.value(i)->name(), " (", type.value(i)->number(), ")");
  }
  return text;
}

std::optional<Precision> ReadPrecision(v1::Precision value, absl::string_view path,
                                       FieldViolations& violations) {
  CheckEnum(value, path, violations);
  switch (value) {
    case v1::PRECISION_FLOAT32:
      return Precision::kFloat32;
    case v1::PRECISION_FLOAT64:
      return Precision::kFloat64;
    default:
      return std::nullopt;
  }
}

std::optional<WeightStorage> ReadWeightStorage(v1::WeightStorage value, absl::string_view path,
                                               FieldViolations& violations) {
  CheckEnum(value, path, violations);
  switch (value) {
    case v1::WEIGHT_STORAGE_FULL:
      return WeightStorage::kFull;
    case v1::WEIGHT_STORAGE_BFLOAT16:
      return WeightStorage::kBfloat16;
    default:
      return std::nullopt;
  }
}

std::optional<Activation> ReadActivation(v1::Activation value, absl::string_view path,
                                         FieldViolations& violations) {
  CheckEnum(value, path, violations);
  switch (value) {
    case v1::ACTIVATION_SIGMOID:
      return Activation::kSigmoid;
    case v1::ACTIVATION_TANH:
      return Activation::kTanh;
    case v1::ACTIVATION_RELU:
      return Activation::kRelu;
    case v1::ACTIVATION_HARD_SIGMOID:
      return Activation::kHardSigmoid;
    case v1::ACTIVATION_IDENTITY:
      return Activation::kIdentity;
    default:
      return std::nullopt;
  }
}

std::optional<Durability> ReadDurability(v1::Durability value, absl::string_view path,
                                         FieldViolations& violations) {
  if (!CheckEnum(value, path, violations)) return std::nullopt;
  switch (value) {
    case v1::DURABILITY_PERIODIC:
      return Durability::kPeriodic;
    case v1::DURABILITY_EVERY_STEP:
      return Durability::kEveryStep;
    case v1::DURABILITY_MEMORY:
      return Durability::kMemory;
    default:
      return std::nullopt;
  }
}

namespace {

// Who has the rounded h fed back means rounding; whether it was forgotten or lost is not guessed.
void CheckRoundingIsSaid(const v1::Numerics& message, absl::string_view path,
                         FieldViolations& violations) {
  if (message.rounding_scope() != v1::ROUNDING_SCOPE_FEEDBACK) return;
  if (message.rounding() != v1::ROUNDING_UNSPECIFIED) return;
  violations.push_back(
      {absl::StrCat(path, ".rounding_scope"),
       "is ROUNDING_SCOPE_FEEDBACK (2), but rounding is not given; set rounding to "
       "ROUNDING_NEAREST_TIES_TO_ZERO (2), or to ROUNDING_NONE (1) if nothing is to be rounded, or "
       "leave rounding_scope out"});
}

}  // namespace

Numerics ReadNumerics(const v1::Numerics& message, Precision default_precision,
                      absl::string_view path, FieldViolations& violations) {
  CheckEnum(message.activation_rule(), absl::StrCat(path, ".activation_rule"), violations);
  CheckEnum(message.rounding(), absl::StrCat(path, ".rounding"), violations);
  CheckEnum(message.rounding_scope(), absl::StrCat(path, ".rounding_scope"), violations);
  CheckRoundingIsSaid(message, path, violations);
  Numerics numerics;
  numerics.precision =
      ReadPrecision(message.precision(), absl::StrCat(path, ".precision"), violations)
          .value_or(default_precision);
  if (message.activation_rule() == v1::ACTIVATION_RULE_SATURATING) {
    numerics.activation_rule = ActivationRule::kSaturating;
  }
  if (message.rounding() == v1::ROUNDING_NEAREST_TIES_TO_ZERO) {
    numerics.rounding = Rounding::kNearestTiesToZero;
  }
  if (message.rounding_scope() == v1::ROUNDING_SCOPE_FEEDBACK) {
    numerics.rounding_scope = RoundingScope::kFeedback;
  }
  return numerics;
}

TraceOptions ReadTraceOptions(v1::View view, v1::Density density, absl::string_view prefix,
                              FieldViolations& violations) {
  CheckEnum(view, absl::StrCat(prefix, "view"), violations);
  CheckEnum(density, absl::StrCat(prefix, "density"), violations);
  TraceOptions options;
  if (view == v1::VIEW_STATE) options.view = TraceView::kState;
  if (view == v1::VIEW_TRACE) options.view = TraceView::kTrace;
  if (density == v1::DENSITY_LAST_STEP) options.density = TraceDensity::kLastStep;
  return options;
}

v1::Precision WritePrecision(Precision value) {
  return value == Precision::kFloat32 ? v1::PRECISION_FLOAT32 : v1::PRECISION_FLOAT64;
}

v1::WeightStorage WriteWeightStorage(WeightStorage value) {
  return value == WeightStorage::kBfloat16 ? v1::WEIGHT_STORAGE_BFLOAT16 : v1::WEIGHT_STORAGE_FULL;
}

v1::Activation WriteActivation(Activation value) {
  switch (value) {
    case Activation::kSigmoid:
      return v1::ACTIVATION_SIGMOID;
    case Activation::kTanh:
      return v1::ACTIVATION_TANH;
    case Activation::kRelu:
      return v1::ACTIVATION_RELU;
    case Activation::kHardSigmoid:
      return v1::ACTIVATION_HARD_SIGMOID;
    case Activation::kIdentity:
      return v1::ACTIVATION_IDENTITY;
  }
  return v1::ACTIVATION_UNSPECIFIED;
}

v1::Durability WriteDurability(Durability value) {
  switch (value) {
    case Durability::kMemory:
      return v1::DURABILITY_MEMORY;
    case Durability::kPeriodic:
      return v1::DURABILITY_PERIODIC;
    case Durability::kEveryStep:
      return v1::DURABILITY_EVERY_STEP;
  }
  return v1::DURABILITY_UNSPECIFIED;
}

v1::Numerics WriteNumerics(const Numerics& numerics) {
  v1::Numerics message;
  message.set_precision(WritePrecision(numerics.precision));
  message.set_activation_rule(numerics.activation_rule == ActivationRule::kExact
                                  ? v1::ACTIVATION_RULE_EXACT
                                  : v1::ACTIVATION_RULE_SATURATING);
  message.set_rounding(numerics.rounding == Rounding::kNone ? v1::ROUNDING_NONE
                                                            : v1::ROUNDING_NEAREST_TIES_TO_ZERO);
  message.set_rounding_scope(numerics.rounding_scope == RoundingScope::kReport
                                 ? v1::ROUNDING_SCOPE_REPORT
                                 : v1::ROUNDING_SCOPE_FEEDBACK);
  return message;
}

v1::Encoding ChooseEncoding(v1::Encoding asked, v1::Encoding otherwise) {
  for (const v1::Encoding encoding : {asked, otherwise}) {
    if (encoding == v1::ENCODING_VALUES || encoding == v1::ENCODING_RAW) return encoding;
  }
  return v1::ENCODING_VALUES;
}

}  // namespace cellar
