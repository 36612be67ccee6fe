#include "server/session/session_snapshot.h"

#include <cstring>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/cell/numerics.h"
#include "server/session/session_errors.h"

namespace cellar {
namespace {

template <class Real>
std::string BytesOf(const std::vector<Real>& numbers) {
  return std::string(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Real));
}

template <class Real>
std::vector<Real> NumbersOf(const std::string& bytes) {
  std::vector<Real> numbers(bytes.size() / sizeof(Real));
  if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(Real));
  // A NaN that a session remembers is always the canonical one.
  for (Real& number : numbers) number = CanonicalNan(number);
  return numbers;
}

template <class Real>
StackState<Real> StateOf(const std::vector<Snapshot::Layer>& layers) {
  StackState<Real> state;
  state.layers.reserve(layers.size());
  for (const Snapshot::Layer& layer : layers) {
    state.layers.push_back({NumbersOf<Real>(layer.h), NumbersOf<Real>(layer.c)});
  }
  return state;
}

// Reads one enum whose values are 0 and 1.
template <class Enum>
absl::StatusOr<Enum> RuleOf(uint8_t value, absl::string_view name) {
  if (value <= 1) return static_cast<Enum>(value);
  return SnapshotDoesNotFit(absl::StrCat("its ", name, " is ", value, ", which no session has"));
}

absl::StatusOr<Numerics> NumericsOf(const Snapshot& snapshot) {
  Numerics numerics;
  if (snapshot.number_bytes != 4 && snapshot.number_bytes != 8) {
    return SnapshotDoesNotFit(
        absl::StrCat("its numbers have ", snapshot.number_bytes, " bytes, not 4 or 8"));
  }
  numerics.precision = snapshot.number_bytes == 4 ? Precision::kFloat32 : Precision::kFloat64;
  CELLAR_ASSIGN_OR_RETURN(numerics.activation_rule,
                          RuleOf<ActivationRule>(snapshot.activation_rule, "activation rule"));
  CELLAR_ASSIGN_OR_RETURN(numerics.rounding, RuleOf<Rounding>(snapshot.rounding, "rounding"));
  CELLAR_ASSIGN_OR_RETURN(numerics.rounding_scope,
                          RuleOf<RoundingScope>(snapshot.rounding_scope, "rounding scope"));
  return numerics;
}

}  // namespace

std::vector<Snapshot::Layer> WriteLayers(const AnyStackState& state) {
  std::vector<Snapshot::Layer> layers;
  std::visit(
      [&layers](const auto& stack) {
        layers.reserve(stack.layers.size());
        for (const auto& layer : stack.layers) {
          layers.push_back({BytesOf(layer.h), BytesOf(layer.c)});
        }
      },
      state);
  return layers;
}

AnyStackState ReadLayers(const std::vector<Snapshot::Layer>& layers, Precision precision) {
  if (precision == Precision::kFloat32) return StateOf<float>(layers);
  return StateOf<double>(layers);
}

Snapshot TakeSnapshot(const SessionTerms& terms, const SessionProgress& progress) {
  Snapshot snapshot;
  const std::string digest = absl::HexStringToBytes(terms.model->digest());
  std::memcpy(snapshot.model_digest.data(), digest.data(), snapshot.model_digest.size());
  snapshot.number_bytes = terms.numerics.precision == Precision::kFloat32 ? 4 : 8;
  snapshot.activation_rule = static_cast<uint8_t>(terms.numerics.activation_rule);
  snapshot.rounding = static_cast<uint8_t>(terms.numerics.rounding);
  snapshot.rounding_scope = static_cast<uint8_t>(terms.numerics.rounding_scope);
  snapshot.next_step = progress.next_step;
  snapshot.layers = WriteLayers(ThawState(progress.state, *terms.model));
  return snapshot;
}

absl::StatusOr<RestoredState> RestoreSnapshot(const Snapshot& snapshot, const Model& model) {
  const std::string digest = ToHex(snapshot.model_digest);
  if (digest != model.digest()) return ModelMismatch(model.name(), model.digest(), digest);
  RestoredState restored;
  CELLAR_ASSIGN_OR_RETURN(restored.numerics, NumericsOf(snapshot));
  if (!model.FitsPrecision(restored.numerics.precision)) {
    return SnapshotDoesNotFit("its precision cannot hold every weight of the model");
  }
  if (snapshot.next_step < 0) {
    return SnapshotDoesNotFit(absl::StrCat("its next step is ", snapshot.next_step));
  }
  restored.next_step = snapshot.next_step;
  const AnyStackState state = ReadLayers(snapshot.layers, restored.numerics.precision);
  if (!FitsModel(state, model)) {
    return SnapshotDoesNotFit("its layers or their lengths are not those of the model");
  }
  restored.state = FreezeState(state);
  return restored;
}

}  // namespace cellar
