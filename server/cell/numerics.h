// The selectable rules of arithmetic; the words are those of numerics.proto, which defines them.
#ifndef CELLAR_SERVER_CELL_NUMERICS_H_
#define CELLAR_SERVER_CELL_NUMERICS_H_

namespace cellar {

enum class Precision { kFloat32, kFloat64 };
enum class ActivationRule { kExact, kSaturating };
enum class Rounding { kNone, kNearestTiesToZero };
enum class RoundingScope { kReport, kFeedback };

struct Numerics {
  Precision precision = Precision::kFloat32;
  ActivationRule activation_rule = ActivationRule::kExact;
  Rounding rounding = Rounding::kNone;
  RoundingScope rounding_scope = RoundingScope::kReport;

  friend bool operator==(const Numerics&, const Numerics&) = default;
};

template <class Real>
constexpr Precision PrecisionOf();
template <>
constexpr Precision PrecisionOf<float>() {
  return Precision::kFloat32;
}
template <>
constexpr Precision PrecisionOf<double>() {
  return Precision::kFloat64;
}

}  // namespace cellar

#endif  // CELLAR_SERVER_CELL_NUMERICS_H_
