#include "server/model/model.h"

#include <cmath>
#include <cstddef>
#include <future>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "server/model/cell_fields.h"
#include "server/model/little_endian_hash.h"

namespace cellar {
namespace {

// clang-format off
// The canonical form of a model, version 1: the bytes whose SHA-256 is the digest. Integers and
// weights are little-endian; nothing is aligned or separated. Names and titles are not part.
//
//   16 bytes  "cellar-model-v1\n"
//   u8        precision: bytes of a weight, 4 or 8; 2: float32, matrices stored as bfloat16
//   i64 i64   number of layers, number of backward layers
//   then every layer from the input upwards, then every backward layer:
//     u8           cell: 1 LSTM, 2 GRU reset before, 3 GRU reset after, 4 RNN
//     i64 i64 i64  I, H, P
//     u8 ...       activation of each gate in canonical order (cell_kind.h), as it is applied:
//                  1 sigmoid, 2 tanh, 3 relu, 4 hard sigmoid, 5 identity
//     u8 u8 u8     LSTM only: memory activation; 1 with peepholes, else 0; 1 with projection, else 0
//     weights      of each gate in canonical order: W [H, I], U [H, P], b [H] (zeros if not given);
//                  then p_f, p_i, p_o [H] with peepholes, W_hr [P, H] with projection, and
//                  b_gh [H] of a GRU reset after
//
// The lengths of all weights follow from what stands before them, so equal bytes mean equal models.
// Weights are those that are computed with: what is stored as bfloat16 is rounded, and takes 4 bytes.
// clang-format on
constexpr char kVersionTag[] = "cellar-model-v1\n";

uint8_t CanonicalCode(CellKind kind) {
  switch (kind) {
    case CellKind::kLstm:
      return 1;
    case CellKind::kGruResetBefore:
      return 2;
    case CellKind::kGruResetAfter:
      return 3;
    case CellKind::kRnn:
      return 4;
  }
  return 0;
}

uint8_t CanonicalCode(Activation activation) {
  switch (activation) {
    case Activation::kSigmoid:
      return 1;
    case Activation::kTanh:
      return 2;
    case Activation::kRelu:
      return 3;
    case Activation::kHardSigmoid:
      return 4;
    case Activation::kIdentity:
      return 5;
  }
  return 0;
}

template <class Cell>
void HashCell(const Cell& cell, LittleEndianHash& hash) {
  hash.Byte(CanonicalCode(cell.shape.kind));
  hash.Int64(cell.shape.input_size);
  hash.Int64(cell.shape.hidden_size);
  hash.Int64(cell.shape.output_size);
  for (const auto* gate : GatesOf(cell)) hash.Byte(CanonicalCode(gate->activation));
  if constexpr (requires { cell.memory_activation; }) {
    hash.Byte(CanonicalCode(cell.memory_activation));
    hash.Byte(cell.forget_peephole.empty() ? 0 : 1);
    hash.Byte(cell.projection.empty() ? 0 : 1);
  }
  for (const auto* gate : GatesOf(cell)) {
    hash.Numbers(gate->input);
    hash.Numbers(gate->recurrent);
    hash.Numbers(gate->bias);
  }
  for (const auto* tensor : OtherTensorsOf(cell)) hash.Numbers(*tensor);
}

// Calls `visit` with every cell, in the order of the canonical form.
template <class Real, class Visit>
void ForEachCell(const LayerStack<Real>& stack, Visit visit) {
  for (const CellWeights<Real>& layer : stack.layers) std::visit(visit, layer);
  for (const CellWeights<Real>& layer : stack.backward_layers) std::visit(visit, layer);
}

template <class Real, class Visit>
void ForEachTensor(const LayerStack<Real>& stack, Visit visit) {
  ForEachCell(stack, [&visit](const auto& cell) {
    for (const auto* gate : GatesOf(cell)) {
      visit(gate->input);
      visit(gate->recurrent);
      visit(gate->bias);
    }
    for (const auto* tensor : OtherTensorsOf(cell)) visit(*tensor);
  });
}

template <class Real>
std::string DigestOf(const LayerStack<Real>& stack) {
  LittleEndianHash hash;
  hash.Text(kVersionTag);
  hash.Byte(stack.weight_storage == WeightStorage::kBfloat16 ? 2 : sizeof(Real));
  hash.Int64(static_cast<int64_t>(stack.layers.size()));
  hash.Int64(static_cast<int64_t>(stack.backward_layers.size()));
  ForEachCell(stack, [&hash](const auto& cell) { HashCell(cell, hash); });
  return hash.Hex();
}

template <class Real>
int64_t CountParameters(const LayerStack<Real>& stack) {
  size_t count = 0;
  ForEachTensor(stack, [&count](const std::vector<Real>& tensor) { count += tensor.size(); });
  return static_cast<int64_t>(count);
}

template <class Real>
int64_t CountMultiplyAdds(const LayerStack<Real>& stack) {
  size_t count = 0;
  const auto count_cell = [&count](const auto& cell) {
    for (const auto* gate : GatesOf(cell)) count += gate->input.size() + gate->recurrent.size();
    if constexpr (requires { cell.projection; }) count += cell.projection.size();
  };
  for (const CellWeights<Real>& layer : stack.layers) std::visit(count_cell, layer);
  return static_cast<int64_t>(count);
}

bool FitsFloat32(const LayerStack<float>&) { return true; }

bool FitsFloat32(const LayerStack<double>& stack) {
  bool fits = true;
  ForEachTensor(stack, [&fits](const std::vector<double>& tensor) {
    for (double weight : tensor) fits = fits && std::isfinite(static_cast<float>(weight));
  });
  return fits;
}

template <class Real>
std::vector<CellShape> ShapesOf(const std::vector<CellWeights<Real>>& layers) {
  std::vector<CellShape> shapes;
  shapes.reserve(layers.size());
  for (const CellWeights<Real>& layer : layers) shapes.push_back(ShapeOf(layer));
  return shapes;
}

template <class To, template <class> class Cell, class From>
Cell<To> ConvertCell(const Cell<From>& from) {
  Cell<To> to;
  to.shape = from.shape;
  if constexpr (requires { to.memory_activation; }) to.memory_activation = from.memory_activation;
  const auto from_gates = GatesOf(from);
  const auto to_gates = GatesOf(to);
  for (size_t k = 0; k < to_gates.size(); ++k) {
    to_gates[k]->input.assign(from_gates[k]->input.begin(), from_gates[k]->input.end());
    to_gates[k]->recurrent.assign(from_gates[k]->recurrent.begin(), from_gates[k]->recurrent.end());
    to_gates[k]->bias.assign(from_gates[k]->bias.begin(), from_gates[k]->bias.end());
    to_gates[k]->activation = from_gates[k]->activation;
  }
  const auto from_others = OtherTensorsOf(from);
  const auto to_others = OtherTensorsOf(to);
  for (size_t k = 0; k < to_others.size(); ++k) {
    to_others[k]->assign(from_others[k]->begin(), from_others[k]->end());
  }
  return to;
}

template <class To, class From>
LayerStack<To> ConvertStack(const LayerStack<From>& from) {
  LayerStack<To> to;
  const auto convert = [](const auto& cell) -> CellWeights<To> { return ConvertCell<To>(cell); };
  for (const auto& layer : from.layers) to.layers.push_back(std::visit(convert, layer));
  for (const auto& layer : from.backward_layers) {
    to.backward_layers.push_back(std::visit(convert, layer));
  }
  return to;
}

template <class Real>
std::vector<PackedCell<Real>> PackAll(const std::vector<CellWeights<Real>>& layers,
                                      WeightStorage storage) {
  std::vector<PackedCell<Real>> packed;
  packed.reserve(layers.size());
  for (const CellWeights<Real>& layer : layers) packed.push_back(PackCell(layer, storage));
  return packed;
}

template <class Real>
PackedStack<Real> PackStack(const LayerStack<Real>& stack) {
  return {PackAll(stack.layers, stack.weight_storage),
          PackAll(stack.backward_layers, stack.weight_storage)};
}

// Begins to make the digest. That of a large model takes as long as packing it, and is made beside
// that, on a thread of its own, if the system has one to give.
template <class Real>
std::future<std::string> BeginDigest(const LayerStack<Real>& stack, int64_t parameter_count) {
  constexpr int64_t kLargeParameterCount = int64_t{1} << 20;  // 1.4 ms; a thread takes 0.1
  const auto launch = parameter_count < kLargeParameterCount
                          ? std::launch::deferred
                          : std::launch::async | std::launch::deferred;
  return std::async(launch, [&stack] { return DigestOf(stack); });
}

template <class Real>
LayerStack<Real> UnpackStack(const PackedStack<Real>& packed) {
  LayerStack<Real> stack;
  for (const auto& layer : packed.layers) stack.layers.push_back(UnpackCell(layer));
  for (const auto& layer : packed.backward_layers) {
    stack.backward_layers.push_back(UnpackCell(layer));
  }
  stack.weight_storage = packed.layers.front().storage();
  return stack;
}

}  // namespace

Model::Model(const std::string& id, std::string display_name, AnyLayerStack stack,
             absl::Time create_time)
    : display_name_(std::move(display_name)), create_time_(create_time) {
  std::visit(
      [this]<class Real>(LayerStack<Real>& layers) {
        precision_ = PrecisionOf<Real>();
        weight_storage_ = layers.weight_storage;
        parameter_count_ = CountParameters(layers);
        std::future<std::string> digest = BeginDigest(layers, parameter_count_);
        bidirectional_ = layers.bidirectional();
        fits_float32_ = FitsFloat32(layers);
        multiply_adds_per_step_ = CountMultiplyAdds(layers);
        shapes_ = ShapesOf(layers.layers);
        backward_shapes_ = ShapesOf(layers.backward_layers);
        packed_ = PackStack(layers);
        digest_ = digest.get();
      },
      stack);
  name_ = absl::StrCat("models/", id.empty() ? absl::StrCat("m-", digest_.substr(0, 20)) : id);
}

int64_t Model::output_size() const {
  const int64_t forward = shapes_.back().output_size;
  return bidirectional_ ? forward + backward_shapes_.back().output_size : forward;
}

int64_t Model::size_bytes() const {
  return parameter_count_ * (precision_ == Precision::kFloat64 ? 8 : 4);
}

int64_t Model::memory_bytes(Precision precision) const {
  return std::visit(
      [precision]<class Real>(const PackedStack<Real>& stack) {
        using Other = std::conditional_t<std::is_same_v<Real, float>, double, float>;
        const bool is_own = precision == PrecisionOf<Real>();
        int64_t bytes = 0;
        for (const auto* layers : {&stack.layers, &stack.backward_layers}) {
          for (const PackedCell<Real>& layer : *layers) {
            bytes += is_own ? layer.size_bytes() : layer.template BytesIn<Other>();
          }
        }
        return bytes;
      },
      packed_);
}

bool Model::FitsPrecision(Precision precision) const {
  return precision == Precision::kFloat64 || fits_float32_;
}

template <class Real>
const PackedStack<Real>& Model::Packed() const {
  if (const auto* own = std::get_if<PackedStack<Real>>(&packed_)) return *own;
  absl::call_once(converted_once_, [this] {
    converted_ = std::visit(
        [](const auto& stack) -> AnyPackedStack {
          return PackStack(ConvertStack<Real>(UnpackStack(stack)));
        },
        packed_);
  });
  return std::get<PackedStack<Real>>(converted_);
}

template <class Real>
LayerStack<Real> Model::Layers() const {
  return UnpackStack(Packed<Real>());
}

template const PackedStack<float>& Model::Packed<float>() const;
template const PackedStack<double>& Model::Packed<double>() const;
template LayerStack<float> Model::Layers<float>() const;
template LayerStack<double> Model::Layers<double>() const;

}  // namespace cellar
