// What mistakes are made of: changes to weights. See mistake_changes.h.
//
// Gates are named as in model.proto ("forget_gate", ... "hidden"); a cell without a gate of that
// name is left alone. Every change acts on all layers alike.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_GATE_CHANGES_H_
#define CELLAR_SERVER_GRADING_GATE_CHANGES_H_

#include <string>
#include <vector>

#include "server/cell/cell_kind.h"
#include "server/grading/mistake.h"

namespace cellar {

using GateName = std::string;

// W, U and b of a gate.
enum class GateTensor { kInputWeights, kRecurrentWeights, kBias };

// Each of the two has the weights of the other; the activations stay.
MistakeChange SwapGates(const GateName& a, const GateName& b);

// The gate at place k of the canonical order has the weights of gate order[k]. Only in cells with
// so many gates.
MistakeChange ReorderGates(const std::vector<int>& order);

// One tensor of one gate with its sign changed, all zero, or as that of another gate.
MistakeChange Negate(const GateName& gate, GateTensor tensor);
MistakeChange LeaveOut(const GateName& gate, GateTensor tensor);
MistakeChange Copy(GateTensor tensor, const GateName& from, const GateName& to);

// Two gates have one another's bias.
MistakeChange SwapBiases(const GateName& a, const GateName& b);

// All biases of a cell are that of one gate, times `factor` their own, or zero. The last one also
// in every layer but the topmost, of which there must be more than one.
MistakeChange ShareBias(const GateName& gate);
MistakeChange ScaleBiases(int factor);
MistakeChange LeaveOutLowerBiases();

// U multiplies x and W multiplies h, in one gate or (no name) in all. Only where I = P.
MistakeChange SwapMatrices(const GateName& gate = "");

// U, or W, is read column by column. Only where it is square and larger than 1 x 1.
MistakeChange TransposeRecurrent();
MistakeChange TransposeInput();

// A gate, or (no name) every gate, that has the activation `right` has `wrong` instead.
MistakeChange Activate(const GateName& gate, Activation right, Activation wrong);

// The activation around c. Only if that changes it.
MistakeChange ActivateMemory(Activation wrong);

// ---- Tensors of no gate ----

MistakeChange LeaveOutPeepholes();
MistakeChange LookAtOldMemory();  // the output gate's peephole
MistakeChange LeaveOutProjection();
MistakeChange LeaveOutRecurrentBias();  // b_gh

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_GATE_CHANGES_H_
