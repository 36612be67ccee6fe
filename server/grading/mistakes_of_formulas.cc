#include "server/grading/gate_changes.h"
#include "server/grading/mistake_changes.h"
#include "server/grading/mistake_tables.h"

namespace cellar {
namespace {

constexpr auto kSigmoid = Activation::kSigmoid;
constexpr auto kTanh = Activation::kTanh;
constexpr auto kRelu = Activation::kRelu;
constexpr auto kHardSigmoid = Activation::kHardSigmoid;
constexpr auto kIdentity = Activation::kIdentity;

// Of an LSTM, from its gates to h.
// clang-format off
std::vector<Mistake> OfLstm() {
  const auto memory = [](MemoryFormula formula) { return Use(&StepFormulas::memory, formula); };
  const auto output = [](OutputFormula formula) { return Use(&StepFormulas::output, formula); };
  return {
      {"memory_forgotten", "the memory of the step before is left out", Lstm(), Seen::kOften,
       memory(MemoryFormula::kForgotten),
       "c is made of two parts: what the forget gate keeps of the memory before, and what the input gate lets in."},
      {"forget_gate_left_out", "the memory before is not multiplied by the forget gate", Lstm(), Seen::kSeldom,
       memory(MemoryFormula::kForgetLeftOut), "The memory of the step before is multiplied by the forget gate."},
      {"input_gate_left_out", "the candidate is not multiplied by the input gate", Lstm(), Seen::kSeldom,
       memory(MemoryFormula::kInputLeftOut), "The candidate is multiplied by the input gate before it is added."},
      {"forget_gate_added", "the forget gate is added in place of its product with the memory", Lstm(), Seen::kOften,
       memory(MemoryFormula::kForgetAdded),
       "The forget gate is a factor of the memory before. By itself it is no part of c."},
      {"forget_sum_for_product", "forget gate and memory are added, not multiplied", Lstm(), Seen::kSeldom,
       memory(MemoryFormula::kForgetSum), "The forget gate multiplies the memory before, element by element."},
      {"input_sum_for_product", "input gate and candidate are added, not multiplied", Lstm(), Seen::kOften,
       memory(MemoryFormula::kInputSum), "The input gate multiplies the candidate, element by element."},
      {"memory_product_for_sum", "the two parts of c are multiplied, not added", Lstm(), Seen::kNever,
       memory(MemoryFormula::kProduct), "c is the sum of what is kept and what is let in."},
      {"forget_gate_on_candidate", "the forget gate is used on the candidate, too", Lstm(), Seen::kSeldom,
       memory(MemoryFormula::kForgetTwice), "The candidate is multiplied by the input gate, not by the forget gate."},
      {"input_gate_on_memory", "the input gate is used on the memory, too", Lstm(), Seen::kSeldom,
       memory(MemoryFormula::kInputTwice), "The memory before is multiplied by the forget gate, not by the input gate."},
      {"forget_gate_coupled", "1 - i stands for the forget gate", Lstm(), Seen::kSeldom,
       memory(MemoryFormula::kForgetCoupled), "This cell has a forget gate of its own; it is not 1 - i."},
      {"input_gate_coupled", "1 - f stands for the input gate", Lstm(), Seen::kSeldom,
       memory(MemoryFormula::kInputCoupled), "This cell has an input gate of its own; it is not 1 - f."},
      {"forget_gate_inverted", "1 - f stands for the forget gate", Lstm(), Seen::kSeldom,
       memory(MemoryFormula::kForgetComplement), "A forget gate of 1 keeps the memory, one of 0 forgets it."},
      {"hidden_for_memory", "h stands where the memory before should", Lstm(), Seen::kSeldom,
       UseHiddenAndMemory(HiddenSource::kPrevious, MemorySource::kHidden, ReportFormula::kRight),
       "The forget gate multiplies c of the step before, not h."},
      {"memory_fed_back", "c is fed back in place of h", Lstm(), Seen::kSeldom,
       UseHiddenAndMemory(HiddenSource::kMemory, MemorySource::kPrevious, ReportFormula::kRight),
       "The gates see h of the step before, not c."},
      {"hidden_and_memory_exchanged_in_recurrence", "h and c of the step before are exchanged", Lstm(), Seen::kSeldom,
       UseHiddenAndMemory(HiddenSource::kMemory, MemorySource::kHidden, ReportFormula::kRight),
       "The gates see h of the step before; the forget gate multiplies c of the step before."},
      {"hidden_and_memory_exchanged_in_answer", "c is given for h, or h for c", Lstm(), Seen::kOften,
       UseHiddenAndMemory(HiddenSource::kPrevious, MemorySource::kPrevious, ReportFormula::kHiddenAndMemoryExchanged),
       "h is what the cell shows, o * {tanh(c)}; c is the memory that it keeps."},
      {"memory_tanh_left_out", "h is o * c, without the {tanh}", Lstm(), Seen::kOften,
       ActivateMemory(kIdentity), "Before the output gate multiplies it, c goes through the {tanh}."},
      {"memory_sigmoid", "h is o * sigmoid(c)", Lstm(), Seen::kSeldom, ActivateMemory(kSigmoid),
       "Before the output gate multiplies it, c goes through the {tanh}, not through the sigmoid."},
      {"output_gate_left_out", "h is {tanh(c)}, without the output gate", Lstm(), Seen::kOften,
       output(OutputFormula::kLeftOut), "h is {tanh(c)} multiplied by the output gate."},
      {"output_sum_for_product", "output gate and {tanh(c)} are added, not multiplied", Lstm(), Seen::kSeldom,
       output(OutputFormula::kSum), "The output gate multiplies {tanh(c)}, element by element."},
      {"output_of_old_memory", "h is made of the memory before the step", Lstm(), Seen::kSeldom,
       output(OutputFormula::kOldMemory), "h is made of the new c, not of the one before."},
      {"peepholes_left_out", "the peepholes are left out", Lstm(), Seen::kSeldom, LeaveOutPeepholes(),
       "The gates of this cell see the memory, too, through their peepholes."},
      {"output_peephole_early", "the output gate's peephole sees the old c", Lstm(), Seen::kSeldom,
       LookAtOldMemory(), "Forget and input gate see c of the step before, but the output gate sees the new one."},
      {"projection_left_out", "the projection is left out", Lstm(), Seen::kSeldom, LeaveOutProjection(),
       "h of this cell is o * {tanh(c)} multiplied by the projection."},
  };
}

// Of a GRU, from its gates to h.
std::vector<Mistake> OfGru() {
  const auto reset = [](ResetFormula formula) { return Use(&StepFormulas::reset, formula); };
  const auto update = [](UpdateFormula formula) { return Use(&StepFormulas::update, formula); };
  return {
      {"update_gate_inverted", "z and 1 - z are exchanged", Gru(), Seen::kOften, update(UpdateFormula::kComplement),
       "There are two conventions. Here z keeps the old h, and 1 - z lets the candidate in."},
      {"hidden_left_out", "the old h is left out", Gru(), Seen::kSeldom, update(UpdateFormula::kForgotten),
       "The new h is a mixture of the candidate and the old h."},
      {"candidate_unscaled", "the candidate is not multiplied by 1 - z", Gru(), Seen::kSeldom,
       update(UpdateFormula::kCandidateUnscaled), "The candidate is multiplied by 1 - z before it is added."},
      {"hidden_unscaled", "the old h is not multiplied by z", Gru(), Seen::kSeldom,
       update(UpdateFormula::kHiddenUnscaled), "The old h is multiplied by z before it is added."},
      {"update_gate_on_both", "both parts are multiplied by z", Gru(), Seen::kSeldom,
       update(UpdateFormula::kBothScaled), "The old h is multiplied by z, the candidate by 1 - z."},
      {"update_sum_for_product", "z and the old h are added, not multiplied", Gru(), Seen::kSeldom,
       update(UpdateFormula::kSum), "z multiplies the old h, element by element."},
      {"reset_after_the_product", "the reset gate multiplies the product U h, not h", GruResetBefore(), Seen::kOften,
       reset(ResetFormula::kAfter), "There are two conventions. Here the reset gate multiplies h before the matrix does."},
      {"reset_before_the_product", "the reset gate multiplies h, not the product U h", GruResetAfter(), Seen::kOften,
       reset(ResetFormula::kBefore), "There are two conventions. Here the reset gate multiplies the product U h + b."},
      {"reset_gate_left_out", "the reset gate is left out", Gru(), Seen::kSeldom, reset(ResetFormula::kLeftOut),
       "The reset gate acts on what the candidate sees of the old h."},
      {"reset_gate_on_input", "the reset gate multiplies the input's part", Gru(), Seen::kSeldom,
       reset(ResetFormula::kOnInput), "The reset gate acts on what the candidate sees of the old h, not on what it sees of x."},
      {"reset_gate_on_everything", "the reset gate multiplies the input's part, too", Gru(), Seen::kSeldom,
       reset(ResetFormula::kOnEverything), "The reset gate acts on what the candidate sees of the old h only."},
      {"recurrent_bias_outside_reset", "the candidate's recurrent bias is added outside the reset", GruResetAfter(),
       Seen::kSeldom, reset(ResetFormula::kBiasOutside), "The reset gate multiplies the product with h and its bias together."},
      {"recurrent_bias_left_out", "the candidate's recurrent bias is left out", GruResetAfter(), Seen::kSeldom,
       LeaveOutRecurrentBias(), "The candidate of this cell has two biases: one with x, and one with h inside the reset."},
  };
}

// Of the functions around gates and candidate.
std::vector<Mistake> OfActivations() {
  return {
      {"candidate_sigmoid", "the candidate goes through sigmoid", Gated(), Seen::kOften,
       Activate("candidate", kTanh, kSigmoid), "The candidate goes through tanh: it can be negative. Gates go through sigmoid."},
      {"candidate_not_activated", "the candidate goes through no function", Gated(), Seen::kSeldom,
       Activate("candidate", kTanh, kIdentity), "The candidate goes through tanh."},
      {"candidate_relu", "the candidate goes through relu", Gated(), Seen::kNever,
       Activate("candidate", kTanh, kRelu), "The candidate goes through tanh."},
      {"gates_tanh", "the gates go through tanh", Gated(), Seen::kSeldom, Activate("", kSigmoid, kTanh),
       "Gates go through sigmoid: they lie between 0 and 1."},
      {"forget_gate_tanh", "the forget gate goes through tanh", Lstm(), Seen::kSeldom,
       Activate("forget_gate", kSigmoid, kTanh), "Gates go through sigmoid: they lie between 0 and 1."},
      {"input_gate_tanh", "the input gate goes through tanh", Lstm(), Seen::kSeldom,
       Activate("input_gate", kSigmoid, kTanh), "Gates go through sigmoid: they lie between 0 and 1."},
      {"output_gate_tanh", "the output gate goes through tanh", Lstm(), Seen::kSeldom,
       Activate("output_gate", kSigmoid, kTanh), "Gates go through sigmoid: they lie between 0 and 1."},
      {"update_gate_tanh", "the update gate goes through tanh", Gru(), Seen::kSeldom,
       Activate("update_gate", kSigmoid, kTanh), "Gates go through sigmoid: they lie between 0 and 1."},
      {"reset_gate_tanh", "the reset gate goes through tanh", Gru(), Seen::kSeldom,
       Activate("reset_gate", kSigmoid, kTanh), "Gates go through sigmoid: they lie between 0 and 1."},
      {"gates_hard_sigmoid", "the gates go through the hard sigmoid", Gated(), Seen::kSeldom,
       Activate("", kSigmoid, kHardSigmoid), "Gates go through sigmoid itself; the hard sigmoid is made of straight lines."},
      {"hidden_sigmoid", "h goes through sigmoid", Rnn(), Seen::kSeldom, Activate("hidden", kTanh, kSigmoid),
       "h goes through tanh: it can be negative."},
      {"hidden_relu", "h goes through relu", Rnn(), Seen::kSeldom, Activate("hidden", kTanh, kRelu),
       "h goes through tanh here."},
      {"hidden_tanh", "h goes through tanh", Rnn(), Seen::kSeldom, Activate("hidden", kRelu, kTanh),
       "h goes through relu here."},
      {"hidden_not_activated", "h goes through no function", Rnn(), Seen::kSeldom,
       Activate("hidden", kTanh, kIdentity), "h goes through tanh."},
  };
}
// clang-format on

}  // namespace

std::vector<Mistake> MistakesOfFormulas() {
  std::vector<Mistake> all = OfLstm();
  for (const auto& part : {OfGru(), OfActivations()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace cellar
