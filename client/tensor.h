// Tensors of the wire as lists of numbers.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_TENSOR_H_
#define CELLAR_CLIENT_TENSOR_H_

#include <cstdint>

#include "absl/types/span.h"
#include "cellar/v1/tensor.pb.h"
#include "cellar/v1/trace.pb.h"

namespace cellar {

// A tensor that carries `values`, its shape left to the server.
v1::Tensor MakeTensor(absl::Span<const double> values);

// Number of elements, however they are carried. REQUIRES: an answer's tensor, which has its shape.
int64_t ElementCount(const v1::Tensor& tensor);

// Row `row` of a [N, W] tensor that carries `values`. REQUIRES: 0 <= row < N.
absl::Span<const double> Row(const v1::Tensor& tensor, int64_t row);

// Appends the steps of `part` to those of `whole`, tensor by tensor. Both are traces of the same
// model in the same view, or `whole` is empty.
void AppendTrace(const v1::Trace& part, v1::Trace& whole);

}  // namespace cellar

#endif  // CELLAR_CLIENT_TENSOR_H_
