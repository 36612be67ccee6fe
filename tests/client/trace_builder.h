// Small traces for tests of what is made from them.
#ifndef CELLAR_TESTS_CLIENT_TRACE_BUILDER_H_
#define CELLAR_TESTS_CLIENT_TRACE_BUILDER_H_

#include <initializer_list>

#include "cellar/v1/trace.pb.h"

namespace cellar {

// A tensor [rows, values.size() / rows].
inline v1::Tensor Matrix(int rows, std::initializer_list<double> values) {
  v1::Tensor tensor;
  tensor.add_shape(rows);
  tensor.add_shape(static_cast<int>(values.size()) / rows);
  tensor.mutable_values()->Add(values.begin(), values.end());
  return tensor;
}

// Two steps of a scalar LSTM, every gate with numbers of its own.
inline v1::Trace LstmTrace() {
  v1::Trace trace;
  *trace.mutable_outputs() = Matrix(2, {0.5, -0.25});
  v1::LayerTrace& layer = *trace.add_layers();
  *layer.mutable_h() = trace.outputs();
  *layer.mutable_c() = Matrix(2, {1, 2});
  *layer.mutable_forget_gate() = Matrix(2, {3, 4});
  *layer.mutable_input_gate() = Matrix(2, {5, 6});
  *layer.mutable_output_gate() = Matrix(2, {7, 8});
  *layer.mutable_candidate() = Matrix(2, {9, 10});
  return trace;
}

// One step of a GRU with two units under an RNN with one.
inline v1::Trace TwoLayerTrace() {
  v1::Trace trace;
  v1::LayerTrace& gru = *trace.add_layers();
  *gru.mutable_h() = Matrix(1, {1, 2});
  *gru.mutable_update_gate() = Matrix(1, {3, 4});
  *gru.mutable_reset_gate() = Matrix(1, {5, 6});
  *gru.mutable_candidate() = Matrix(1, {7, 8});
  *trace.add_layers()->mutable_h() = Matrix(1, {9});
  *trace.mutable_outputs() = Matrix(1, {9});
  return trace;
}

}  // namespace cellar

#endif  // CELLAR_TESTS_CLIENT_TRACE_BUILDER_H_
