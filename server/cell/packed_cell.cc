#include "server/cell/packed_cell.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <variant>
#include <vector>

#include "absl/types/span.h"

namespace cellar {
namespace {

// ---- Pack ----

template <class Real>
PackedMatrix<Real> Pack(absl::Span<const std::vector<Real>* const> gates, int64_t rows,
                        int64_t columns, WeightStorage storage = WeightStorage::kFull) {
  PackedMatrix<Real> packed(static_cast<int64_t>(gates.size()), rows, columns, storage);
  for (size_t gate = 0; gate < gates.size(); ++gate) {
    packed.Set(static_cast<int64_t>(gate), *gates[gate]);
  }
  return packed;
}

// One overload for each alternative of CellWeights.
template <class Real>
struct Packer {
  WeightStorage storage;  // of matrices

  PackedCell<Real> operator()(const LstmWeights<Real>& cell) const {
    PackedCell<Real> packed =
        PackGates<4>(CellKind::kLstm, cell.shape,
                     {&cell.forget_gate, &cell.input_gate, &cell.output_gate, &cell.candidate});
    packed.memory_activation = cell.memory_activation;
    const int64_t hidden = cell.shape.hidden_size;
    if (!cell.forget_peephole.empty()) {
      packed.peepholes = Pack<Real>(
          {&cell.forget_peephole, &cell.input_peephole, &cell.output_peephole}, hidden, 1);
    }
    if (!cell.projection.empty()) {
      packed.projection = Pack<Real>({&cell.projection}, cell.shape.output_size, hidden, storage);
    }
    return packed;
  }

  // U_g is multiplied with r * h and stands apart.
  PackedCell<Real> operator()(const GruResetBeforeWeights<Real>& cell) const {
    PackedCell<Real> packed = PackGates<3>(CellKind::kGruResetBefore, cell.shape,
                                           {&cell.update_gate, &cell.reset_gate, &cell.candidate});
    const int64_t hidden = cell.shape.hidden_size;
    packed.recurrent = Pack<Real>({&cell.update_gate.recurrent, &cell.reset_gate.recurrent}, hidden,
                                  hidden, storage);
    packed.recurrent_start = PackedMatrix<Real>(2, hidden, 1);
    packed.candidate = Pack<Real>({&cell.candidate.recurrent}, hidden, hidden, storage);
    return packed;
  }

  PackedCell<Real> operator()(const GruResetAfterWeights<Real>& cell) const {
    PackedCell<Real> packed = PackGates<3>(CellKind::kGruResetAfter, cell.shape,
                                           {&cell.update_gate, &cell.reset_gate, &cell.candidate});
    packed.recurrent_start.Set(2, cell.candidate_recurrent_bias);
    return packed;
  }

  PackedCell<Real> operator()(const RnnWeights<Real>& cell) const {
    return PackGates<1>(CellKind::kRnn, cell.shape, {&cell.hidden});
  }

 private:
  template <int kGates>
  PackedCell<Real> PackGates(CellKind kind, const CellShape& shape,
                             const std::array<const GateWeights<Real>*, kGates>& gates) const {
    std::array<const std::vector<Real>*, kGates> input, recurrent, bias;
    PackedCell<Real> packed;
    for (int gate = 0; gate < kGates; ++gate) {
      input[gate] = &gates[gate]->input;
      recurrent[gate] = &gates[gate]->recurrent;
      bias[gate] = &gates[gate]->bias;
      packed.activations[gate] = gates[gate]->activation;
    }
    packed.shape = shape;
    packed.shape.kind = kind;
    packed.input = Pack<Real>(input, shape.hidden_size, shape.input_size, storage);
    if (kind != CellKind::kGruResetBefore) {
      packed.recurrent = Pack<Real>(recurrent, shape.hidden_size, shape.output_size, storage);
    }
    packed.input_start = Pack<Real>(bias, shape.hidden_size, 1);
    packed.recurrent_start = PackedMatrix<Real>(kGates, shape.hidden_size, 1);
    return packed;
  }
};

// ---- Unpack ----

template <class Real>
std::vector<Real> Unpack(const PackedMatrix<Real>& packed, int64_t gate) {
  std::vector<Real> row_major(static_cast<size_t>(packed.rows() * packed.columns()));
  packed.Get(gate, absl::MakeSpan(row_major));
  return row_major;
}

template <class Real>
GateWeights<Real> UnpackGate(const PackedCell<Real>& packed, int64_t gate) {
  if (packed.input.empty()) {  // an outline
    return {{}, {}, Unpack(packed.input_start, gate), packed.activations[gate]};
  }
  const bool apart = gate >= packed.recurrent.gates();
  return {Unpack(packed.input, gate),
          apart ? Unpack(packed.candidate, 0) : Unpack(packed.recurrent, gate),
          Unpack(packed.input_start, gate), packed.activations[gate]};
}

template <class Real>
CellWeights<Real> UnpackLstm(const PackedCell<Real>& packed) {
  LstmWeights<Real> cell;
  cell.shape = packed.shape;
  cell.forget_gate = UnpackGate(packed, 0);
  cell.input_gate = UnpackGate(packed, 1);
  cell.output_gate = UnpackGate(packed, 2);
  cell.candidate = UnpackGate(packed, 3);
  if (!packed.peepholes.empty()) {
    cell.forget_peephole = Unpack(packed.peepholes, 0);
    cell.input_peephole = Unpack(packed.peepholes, 1);
    cell.output_peephole = Unpack(packed.peepholes, 2);
  }
  if (!packed.projection.empty()) cell.projection = Unpack(packed.projection, 0);
  cell.memory_activation = packed.memory_activation;
  return cell;
}

template <class Cell, class Real>
Cell UnpackGru(const PackedCell<Real>& packed) {
  Cell cell;
  cell.shape = packed.shape;
  cell.update_gate = UnpackGate(packed, 0);
  cell.reset_gate = UnpackGate(packed, 1);
  cell.candidate = UnpackGate(packed, 2);
  return cell;
}

template <class Real>
PackedMatrix<Real> Copy(const PackedMatrix<Real>& packed) {
  PackedMatrix<Real> copy(packed.gates(), packed.rows(), packed.columns());
  for (int64_t gate = 0; gate < packed.gates(); ++gate) copy.Set(gate, Unpack(packed, gate));
  return copy;
}

template <class Real>
std::array<const PackedMatrix<Real>*, 7> MatricesOf(const PackedCell<Real>& cell) {
  return {&cell.input,     &cell.recurrent,  &cell.input_start, &cell.recurrent_start,
          &cell.candidate, &cell.projection, &cell.peepholes};
}

}  // namespace

template <class Real>
int64_t PackedCell<Real>::size_bytes() const {
  int64_t bytes = 0;
  for (const PackedMatrix<Real>* matrix : MatricesOf(*this)) bytes += matrix->size_bytes();
  return bytes;
}

template <class Real>
template <class To>
int64_t PackedCell<Real>::BytesIn() const {
  int64_t bytes = 0;
  for (const auto* matrix : MatricesOf(*this)) bytes += matrix->template BytesIn<To>();
  return bytes;
}

template <class Real>
PackedCell<Real> PackCell(const CellWeights<Real>& weights, WeightStorage storage) {
  return std::visit(Packer<Real>{storage}, weights);
}

template <class Real>
CellWeights<Real> UnpackCell(const PackedCell<Real>& packed) {
  switch (packed.shape.kind) {
    case CellKind::kLstm:
      return UnpackLstm(packed);
    case CellKind::kGruResetBefore:
      return UnpackGru<GruResetBeforeWeights<Real>>(packed);
    case CellKind::kGruResetAfter: {
      auto cell = UnpackGru<GruResetAfterWeights<Real>>(packed);
      cell.candidate_recurrent_bias = Unpack(packed.recurrent_start, 2);
      return cell;
    }
    case CellKind::kRnn:
      break;
  }
  RnnWeights<Real> cell;
  cell.shape = packed.shape;
  cell.hidden = UnpackGate(packed, 0);
  return cell;
}

template <class Real>
CellWeights<Real> OutlineOf(const PackedCell<Real>& packed) {
  PackedCell<Real> small;
  small.shape = packed.shape;
  small.input_start = Copy(packed.input_start);
  small.recurrent_start = Copy(packed.recurrent_start);
  small.peepholes = Copy(packed.peepholes);
  if (!packed.projection.empty()) small.projection = PackedMatrix<Real>(1, 1, 1);
  std::copy(std::begin(packed.activations), std::end(packed.activations), small.activations);
  small.memory_activation = packed.memory_activation;
  return UnpackCell(small);
}

template struct PackedCell<float>;
template struct PackedCell<double>;
template int64_t PackedCell<float>::BytesIn<double>() const;
template int64_t PackedCell<double>::BytesIn<float>() const;
template PackedCell<float> PackCell(const CellWeights<float>&, WeightStorage);
template PackedCell<double> PackCell(const CellWeights<double>&, WeightStorage);
template CellWeights<float> UnpackCell(const PackedCell<float>&);
template CellWeights<double> UnpackCell(const PackedCell<double>&);
template CellWeights<float> OutlineOf(const PackedCell<float>&);
template CellWeights<double> OutlineOf(const PackedCell<double>&);

}  // namespace cellar
