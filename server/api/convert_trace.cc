#include "server/api/convert_trace.h"

#include <variant>
#include <vector>

#include "absl/types/span.h"
#include "server/api/convert_tensor.h"

namespace cellar {
namespace {

// Writes rows of arrays that all have `total_rows_` rows.
class RowWriter {
 public:
  RowWriter(int64_t total_rows, RowRange rows, v1::Encoding encoding)
      : total_rows_(total_rows), rows_(rows), encoding_(encoding) {}

  template <class Real>
  void Write(const std::vector<Real>& numbers, v1::Tensor* tensor) const {
    const int64_t length = static_cast<int64_t>(numbers.size()) / total_rows_;
    const int64_t shape[] = {rows_.row_count, length};
    WriteTensor<Real>(
        absl::MakeConstSpan(numbers).subspan(rows_.first_row * length, rows_.row_count * length),
        shape, encoding_, tensor);
  }

  template <class Real>
  void WriteLayer(const LayerTrace<Real>& layer, v1::LayerTrace* message) const {
    if (!layer.h.empty()) Write(layer.h, message->mutable_h());
    if (!layer.c.empty()) Write(layer.c, message->mutable_c());
    if (!layer.forget_gate.empty()) Write(layer.forget_gate, message->mutable_forget_gate());
    if (!layer.input_gate.empty()) Write(layer.input_gate, message->mutable_input_gate());
    if (!layer.output_gate.empty()) Write(layer.output_gate, message->mutable_output_gate());
    if (!layer.update_gate.empty()) Write(layer.update_gate, message->mutable_update_gate());
    if (!layer.reset_gate.empty()) Write(layer.reset_gate, message->mutable_reset_gate());
    if (!layer.candidate.empty()) Write(layer.candidate, message->mutable_candidate());
    if (!layer.unrounded_h.empty()) Write(layer.unrounded_h, message->mutable_unrounded_h());
  }

 private:
  const int64_t total_rows_;
  const RowRange rows_;
  const v1::Encoding encoding_;
};

}  // namespace

int64_t RowCount(const AnyStackTrace& trace) {
  return std::visit([](const auto& stack) { return stack.step_count; }, trace);
}

void WriteTrace(const AnyStackTrace& trace, RowRange rows, v1::Encoding encoding,
                v1::Trace* message) {
  message->Clear();
  const RowWriter writer(RowCount(trace), rows, encoding);
  std::visit(
      [&writer, message](const auto& stack) {
        writer.Write(stack.outputs, message->mutable_outputs());
        for (const auto& layer : stack.layers) writer.WriteLayer(layer, message->add_layers());
        for (const auto& layer : stack.backward_layers) {
          writer.WriteLayer(layer, message->add_backward_layers());
        }
      },
      trace);
}

}  // namespace cellar
