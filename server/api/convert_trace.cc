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
    WriteIfThere(layer.h, *message, &v1::LayerTrace::mutable_h, &v1::LayerTrace::clear_h);
    WriteIfThere(layer.c, *message, &v1::LayerTrace::mutable_c, &v1::LayerTrace::clear_c);
    WriteIfThere(layer.forget_gate, *message, &v1::LayerTrace::mutable_forget_gate,
                 &v1::LayerTrace::clear_forget_gate);
    WriteIfThere(layer.input_gate, *message, &v1::LayerTrace::mutable_input_gate,
                 &v1::LayerTrace::clear_input_gate);
    WriteIfThere(layer.output_gate, *message, &v1::LayerTrace::mutable_output_gate,
                 &v1::LayerTrace::clear_output_gate);
    WriteIfThere(layer.update_gate, *message, &v1::LayerTrace::mutable_update_gate,
                 &v1::LayerTrace::clear_update_gate);
    WriteIfThere(layer.reset_gate, *message, &v1::LayerTrace::mutable_reset_gate,
                 &v1::LayerTrace::clear_reset_gate);
    WriteIfThere(layer.candidate, *message, &v1::LayerTrace::mutable_candidate,
                 &v1::LayerTrace::clear_candidate);
    WriteIfThere(layer.unrounded_h, *message, &v1::LayerTrace::mutable_unrounded_h,
                 &v1::LayerTrace::clear_unrounded_h);
  }

 private:
  template <class Real>
  void WriteIfThere(const std::vector<Real>& numbers, v1::LayerTrace& message,
                    v1::Tensor* (v1::LayerTrace::*field)(), void (v1::LayerTrace::*clear)()) const {
    if (numbers.empty()) return (message.*clear)();
    Write(numbers, (message.*field)());
  }

  const int64_t total_rows_;
  const RowRange rows_;
  const v1::Encoding encoding_;
};

// Writes over the messages that are there: their memory is used again.
template <class Real>
void WriteLayers(const RowWriter& writer, const std::vector<LayerTrace<Real>>& layers,
                 google::protobuf::RepeatedPtrField<v1::LayerTrace>& messages) {
  const auto count = static_cast<int>(layers.size());
  while (messages.size() > count) messages.RemoveLast();
  while (messages.size() < count) messages.Add();
  for (int i = 0; i < count; ++i) writer.WriteLayer(layers[i], messages.Mutable(i));
}

}  // namespace

int64_t RowCount(const AnyStackTrace& trace) {
  return std::visit([](const auto& stack) { return stack.step_count; }, trace);
}

void WriteTrace(const AnyStackTrace& trace, RowRange rows, v1::Encoding encoding,
                v1::Trace* message) {
  const RowWriter writer(RowCount(trace), rows, encoding);
  std::visit(
      [&writer, message](const auto& stack) {
        writer.Write(stack.outputs, message->mutable_outputs());
        WriteLayers(writer, stack.layers, *message->mutable_layers());
        WriteLayers(writer, stack.backward_layers, *message->mutable_backward_layers());
      },
      trace);
}

}  // namespace cellar
