// The selectable rules of arithmetic, in the words of numerics.proto, which defines them; and what
// becomes of a number whatever cell it comes from.
//
// Thread safety: pure functions.
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

// Makes the quiet NaN without sign and payload of any NaN; leaves other numbers alone.
template <class Real>
Real CanonicalNan(Real value);

// To the nearest integer, ties towards zero, never -0; NaN and infinities stay.
template <class Real>
Real RoundTiesToZero(Real value);

}  // namespace cellar

#endif  // CELLAR_SERVER_CELL_NUMERICS_H_
