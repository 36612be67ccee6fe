#include "server/api/answer_size.h"

#include "server/api/api_errors.h"

namespace cellar {
namespace {

// Tag and length of a tensor, its shape (two axes of at most 10 bytes and their framing), tag and
// length of its numbers.
constexpr int64_t kTensorFraming = 40;

// Framing of a layer's message.
constexpr int64_t kLayerFraming = 16;

// Four indices of at most 11 bytes, a digest of 64 characters, and the framing of the trace and of
// the messages around it.
constexpr int64_t kAnswerFraming = 160;

// A session in view BASIC, mostly its labels: 16 of 63 + 255 bytes and their framing; and what a
// snapshot has beside its layers.
constexpr int64_t kSessionBytes = 8192;

// A layer's trace has at most this many tensors: h, c, three gates, candidate and unrounded_h of an
// LSTM.
constexpr int64_t kTensorsPerLayer = 7;

int64_t LayerCount(const Model& model) {
  return static_cast<int64_t>(model.shapes().size() + model.backward_shapes().size());
}

}  // namespace

int64_t NumberBytes(v1::Encoding encoding, Precision precision) {
  return encoding == v1::ENCODING_RAW && precision == Precision::kFloat32 ? 4 : 8;
}

int64_t TensorBytes(int64_t number_count, v1::Encoding encoding, Precision precision) {
  return kTensorFraming + number_count * NumberBytes(encoding, precision);
}

int64_t StepAnswerBytes(const Model& model, const Numerics& numerics, TraceOptions options,
                        v1::Encoding encoding, int64_t step_count) {
  const int64_t tensor_bytes = TensorBytes(TraceNumberCount(model, numerics, options, step_count),
                                           encoding, numerics.precision);
  const int64_t layer_bytes =
      options.view == TraceView::kOutput ? 0 : kLayerFraming + kTensorsPerLayer * kTensorFraming;
  return kAnswerFraming + tensor_bytes + LayerCount(model) * layer_bytes;
}

int64_t StateBytes(const Model& model, Precision precision, v1::Encoding encoding) {
  int64_t number_count = 0;
  for (const auto* shapes : {&model.shapes(), &model.backward_shapes()}) {
    for (const CellShape& shape : *shapes) number_count += shape.output_size + shape.memory_size();
  }
  return number_count * NumberBytes(encoding, precision) +
         LayerCount(model) * (kLayerFraming + 2 * kTensorFraming);
}

int64_t ExportAnswerBytes(const Model& model, Precision precision) {
  return kSessionBytes + StateBytes(model, precision, v1::ENCODING_RAW);
}

absl::Status CheckAnswerSize(int64_t answer_bytes, int64_t limit_bytes) {
  if (answer_bytes <= limit_bytes) return absl::OkStatus();
  return AnswerSizeLimit(answer_bytes, limit_bytes);
}

}  // namespace cellar
