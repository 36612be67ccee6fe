// Tensors between the wire and plain numbers.
//
// Reading never fails at once: what is wrong is added to `violations` under the tensor's path, one
// entry a problem however many elements share it, and the result is then not to be used. NaN and
// infinities are numbers here (every NaN becomes the canonical one); weights refuse them later, in
// BuildLayerStack. No shape, however absurd, makes anything be allocated.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_API_CONVERT_TENSOR_H_
#define CELLAR_SERVER_API_CONVERT_TENSOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "cellar/v1/tensor.pb.h"
#include "server/base/error.h"
#include "server/base/shared_numbers.h"
#include "server/model/model_validation.h"

namespace cellar {

// Whether the tensor has elements or a shape.
bool IsGiven(const v1::Tensor& tensor);

// The encoding of the tensor's elements; ENCODING_UNSPECIFIED if it has none.
v1::Encoding EncodingOf(const v1::Tensor& tensor);

// `number` in the fewest digits that give it back: "0.1", "1e+300", "nan".
std::string FormatNumber(double number);

// The tensor as given, its shape left to be judged by whoever knows it. Refuses: `values` and `raw`
// both set, a shape without elements, a length of an axis below 1, a shape of another number of
// elements, `raw` that is no whole number of elements, finite values beyond Real. After a violation
// the result is marked `broken`.
template <class Real>
TensorSpec<Real> ReadTensor(const v1::Tensor& tensor, absl::string_view path,
                            FieldViolations& violations);

// A tensor of shape [size] (which may be left out); all +0 if it is not given. After a violation:
// all +0 too. REQUIRES: size >= 0; for 0 nothing may be given.
template <class Real>
std::vector<Real> ReadVector(const v1::Tensor& tensor, int64_t size, absl::string_view path,
                             FieldViolations& violations);

// A tensor of shape [T, row_size] with T >= 1 (which may be left out); required. Row-major; T is
// the result's size divided by row_size. After a violation: empty.
template <class Real>
std::vector<Real> ReadRows(const v1::Tensor& tensor, int64_t row_size, absl::string_view path,
                           FieldViolations& violations);

// The same without a copy in between, of a tensor in RAW that breaks no rule; no array of any
// other: then it is for ReadRows to say why, if there is anything to say.
template <class Real>
SharedNumbers TryReadRawRows(const v1::Tensor& tensor, int64_t row_size);

// Replaces *tensor by `numbers` in this shape. REQUIRES: the shape has as many elements; encoding
// is VALUES or RAW.
template <class Real>
void WriteTensor(absl::Span<const Real> numbers, absl::Span<const int64_t> shape,
                 v1::Encoding encoding, v1::Tensor* tensor);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_CONVERT_TENSOR_H_
