#include "client/tensor.h"

#include <vector>

namespace cellar {
namespace {

// Puts the rows of `part` under those of `whole`.
void AppendRows(const v1::Tensor& part, v1::Tensor& whole) {
  if (whole.shape().empty()) {
    whole = part;
    return;
  }
  if (part.shape().empty()) return;
  whole.set_shape(0, whole.shape(0) + part.shape(0));
  whole.mutable_values()->MergeFrom(part.values());
  whole.mutable_raw()->append(part.raw());
}

// Every tensor of a layer's trace in turn, so that a field added to LayerTrace is not forgotten.
void AppendLayer(const v1::LayerTrace& part, v1::LayerTrace& whole) {
  const auto* reflection = part.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(part, &fields);
  for (const auto* field : fields) {
    AppendRows(static_cast<const v1::Tensor&>(reflection->GetMessage(part, field)),
               static_cast<v1::Tensor&>(*reflection->MutableMessage(&whole, field)));
  }
}

using LayerTraces = google::protobuf::RepeatedPtrField<v1::LayerTrace>;

void AppendLayers(const LayerTraces& part, LayerTraces& whole) {
  while (whole.size() < part.size()) whole.Add();
  for (int k = 0; k < part.size(); ++k) AppendLayer(part[k], whole[k]);
}

}  // namespace

v1::Tensor MakeTensor(absl::Span<const double> values) {
  v1::Tensor tensor;
  tensor.mutable_values()->Add(values.begin(), values.end());
  return tensor;
}

int64_t ElementCount(const v1::Tensor& tensor) {
  if (tensor.shape().empty()) return tensor.values_size();
  int64_t count = 1;
  for (const int64_t length : tensor.shape()) count *= length;
  return count;
}

absl::Span<const double> Row(const v1::Tensor& tensor, int64_t row) {
  const absl::Span<const double> all(tensor.values().data(),
                                     static_cast<size_t>(tensor.values_size()));
  const int64_t rows = tensor.shape().empty() ? 1 : tensor.shape(0);
  const size_t width = all.size() / static_cast<size_t>(rows < 1 ? 1 : rows);
  return all.subspan(static_cast<size_t>(row) * width, width);
}

void AppendTrace(const v1::Trace& part, v1::Trace& whole) {
  if (part.has_outputs()) AppendRows(part.outputs(), *whole.mutable_outputs());
  AppendLayers(part.layers(), *whole.mutable_layers());
  AppendLayers(part.backward_layers(), *whole.mutable_backward_layers());
}

}  // namespace cellar
