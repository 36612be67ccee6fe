#include "tests/testing/random_cell.h"

#include <limits>
#include <variant>

#include "absl/strings/str_cat.h"

namespace cellar {
namespace {

// By own rules: the distributions of <random> differ from library to library.
int64_t Between(std::mt19937_64& generator, int64_t low, int64_t high) {
  return low + static_cast<int64_t>(generator() % static_cast<uint64_t>(high - low + 1));
}

bool OneIn(std::mt19937_64& generator, int64_t n) { return Between(generator, 1, n) == 1; }

template <class Real>
Real RandomNumber(std::mt19937_64& generator, double bound) {
  switch (Between(generator, 1, 100)) {
    case 1:
      return Real{0};
    case 2:
      return -Real{0};
    case 3:
      return std::numeric_limits<Real>::denorm_min() * static_cast<Real>(Between(generator, -9, 9));
    default: {
      const double unit = static_cast<double>(generator() >> 11) * 0x1p-53;
      return static_cast<Real>((2 * unit - 1) * bound);
    }
  }
}

template <class Real>
std::vector<Real> Numbers(std::mt19937_64& generator, int64_t count, double bound) {
  std::vector<Real> numbers(count);
  for (Real& number : numbers) number = RandomNumber<Real>(generator, bound);
  return numbers;
}

// Draws one cell: the choices made before its kind is known.
template <class Real>
class Maker {
 public:
  Maker(std::mt19937_64& generator, const RandomCellOptions& options, CellKind kind)
      : generator_(generator), variants_(options.variants) {
    shape_.kind = kind;
    const auto size = [&](const std::optional<int64_t>& wanted) {
      return wanted ? *wanted : Between(generator, 1, options.max_size);
    };
    shape_.input_size = size(options.input_size);
    shape_.hidden_size = size(options.hidden_size);
    const bool projected = kind == CellKind::kLstm && variants_ && OneIn(generator, 3);
    shape_.output_size = projected ? Between(generator, 1, shape_.hidden_size) : shape_.hidden_size;
    projected_ = projected;
  }

  CellWeights<Real> Lstm() {
    LstmWeights<Real> cell;
    cell.shape = shape_;
    cell.forget_gate = Gate(Activation::kSigmoid);
    cell.input_gate = Gate(Activation::kSigmoid);
    cell.output_gate = Gate(Activation::kSigmoid);
    cell.candidate = Gate(Activation::kTanh);
    if (variants_ && OneIn(generator_, 3)) {
      cell.forget_peephole = Hidden();
      cell.input_peephole = Hidden();
      cell.output_peephole = Hidden();
    }
    if (projected_) {
      cell.projection = Numbers<Real>(generator_, shape_.output_size * shape_.hidden_size, 1);
    }
    cell.memory_activation = ActivationOr(Activation::kTanh);
    return cell;
  }

  CellWeights<Real> GruResetBefore() {
    GruResetBeforeWeights<Real> cell;
    cell.shape = shape_;
    cell.update_gate = Gate(Activation::kSigmoid);
    cell.reset_gate = Gate(Activation::kSigmoid);
    cell.candidate = Gate(Activation::kTanh);
    return cell;
  }

  CellWeights<Real> GruResetAfter() {
    GruResetAfterWeights<Real> cell;
    cell.shape = shape_;
    cell.update_gate = Gate(Activation::kSigmoid);
    cell.reset_gate = Gate(Activation::kSigmoid);
    cell.candidate = Gate(Activation::kTanh);
    cell.candidate_recurrent_bias = Hidden();
    return cell;
  }

  CellWeights<Real> Rnn() {
    RnnWeights<Real> cell;
    cell.shape = shape_;
    cell.hidden = Gate(Activation::kTanh);
    return cell;
  }

 private:
  Activation ActivationOr(Activation usual) {
    if (!variants_ || !OneIn(generator_, 4)) return usual;
    return static_cast<Activation>(Between(generator_, 0, 4));
  }

  std::vector<Real> Hidden() { return Numbers<Real>(generator_, shape_.hidden_size, 1); }

  GateWeights<Real> Gate(Activation usual) {
    GateWeights<Real> gate;
    gate.input = Numbers<Real>(generator_, shape_.hidden_size * shape_.input_size, 1);
    gate.recurrent = Numbers<Real>(generator_, shape_.hidden_size * shape_.output_size, 1);
    gate.bias = Hidden();
    gate.activation = ActivationOr(usual);
    return gate;
  }

  std::mt19937_64& generator_;
  const bool variants_;
  CellShape shape_;
  bool projected_ = false;
};

}  // namespace

template <class Real>
CellWeights<Real> RandomCell(std::mt19937_64& generator, const RandomCellOptions& options) {
  const CellKind kind =
      options.kind ? *options.kind : static_cast<CellKind>(Between(generator, 0, 3));
  Maker<Real> maker(generator, options, kind);
  switch (kind) {
    case CellKind::kLstm:
      return maker.Lstm();
    case CellKind::kGruResetBefore:
      return maker.GruResetBefore();
    case CellKind::kGruResetAfter:
      return maker.GruResetAfter();
    case CellKind::kRnn:
      break;
  }
  return maker.Rnn();
}

template <class Real>
Numerics RandomNumerics(std::mt19937_64& generator) {
  Numerics numerics;
  numerics.precision = PrecisionOf<Real>();
  if (OneIn(generator, 3)) numerics.activation_rule = ActivationRule::kSaturating;
  if (OneIn(generator, 2)) numerics.rounding = Rounding::kNearestTiesToZero;
  if (OneIn(generator, 2)) numerics.rounding_scope = RoundingScope::kFeedback;
  return numerics;
}

template <class Real>
std::vector<Real> RandomVector(std::mt19937_64& generator, int64_t count) {
  return Numbers<Real>(generator, count, 2);
}

template <class Real>
CellState<Real> RandomState(std::mt19937_64& generator, const CellShape& shape) {
  CellState<Real> state;
  state.h = RandomVector<Real>(generator, shape.output_size);
  state.c = RandomVector<Real>(generator, shape.memory_size());
  return state;
}

template <class Real>
std::string Describe(const CellWeights<Real>& weights) {
  static constexpr const char* kNames[] = {"LSTM", "GRU reset before", "GRU reset after", "RNN"};
  const CellShape& shape = ShapeOf(weights);
  return absl::StrCat(kNames[static_cast<int>(shape.kind)], " ", shape.input_size, "x",
                      shape.hidden_size, "->", shape.output_size);
}

template CellWeights<float> RandomCell(std::mt19937_64&, const RandomCellOptions&);
template CellWeights<double> RandomCell(std::mt19937_64&, const RandomCellOptions&);
template Numerics RandomNumerics<float>(std::mt19937_64&);
template Numerics RandomNumerics<double>(std::mt19937_64&);
template std::vector<float> RandomVector(std::mt19937_64&, int64_t);
template std::vector<double> RandomVector(std::mt19937_64&, int64_t);
template CellState<float> RandomState(std::mt19937_64&, const CellShape&);
template CellState<double> RandomState(std::mt19937_64&, const CellShape&);
template std::string Describe(const CellWeights<float>&);
template std::string Describe(const CellWeights<double>&);

}  // namespace cellar
