#include "server/api/convert_tensor.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "server/cell/numerics.h"
#include "server/model/tensor_shape.h"

namespace cellar {
namespace {

template <class Real>
const char* PrecisionName() {
  return sizeof(Real) == 4 ? "FLOAT32" : "FLOAT64";
}

// Between the machine's byte order and little-endian, in both directions.
template <class Real>
Real SwapToLittleEndian(Real number) {
  if constexpr (std::endian::native == std::endian::little) return number;
  auto bytes = std::bit_cast<std::array<char, sizeof(Real)>>(number);
  std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<Real>(bytes);
}

// In runs whose length is known, so that vectors are looked at: 0 times what is not finite is NaN.
template <class Real>
bool AllFinite(absl::Span<const Real> numbers) {
  constexpr size_t kRun = 32;
  while (numbers.size() >= kRun) {
    unsigned odd = 0;
    for (size_t k = 0; k < kRun; ++k) odd |= static_cast<unsigned>(numbers[k] * Real{0} != Real{0});
    if (odd != 0) return false;
    numbers.remove_prefix(kRun);
  }
  return std::all_of(numbers.begin(), numbers.end(),
                     [](Real number) { return std::isfinite(number); });
}

// Makes numbers of what was copied from a raw tensor. Returns whether all are finite.
template <class Real>
bool ReadFromLittleEndian(absl::Span<Real> numbers) {
  if constexpr (std::endian::native != std::endian::little) {
    for (Real& number : numbers) number = SwapToLittleEndian(number);
  }
  if (AllFinite<Real>(numbers)) return true;
  for (Real& number : numbers) {
    if (std::isnan(number)) number = CanonicalNan(number);
  }
  return false;
}

template <class Real>
void ReadRaw(const std::string& raw, absl::string_view path, FieldViolations& violations,
             TensorSpec<Real>& spec) {
  if (raw.size() % sizeof(Real) != 0) {
    violations.push_back(
        {std::string(path),
         absl::StrCat("raw has ", raw.size(), " bytes; must be a multiple of ", sizeof(Real),
                      ", the bytes of a ", PrecisionName<Real>(), " number")});
    return;
  }
  // Piece by piece, so that what is copied lands where the zeros of its place are still in the
  // cache, and is looked at there.
  constexpr size_t kPiece = (size_t{16} << 10) / sizeof(Real);
  const size_t count = raw.size() / sizeof(Real);
  std::vector<Real>& numbers = spec.values;
  numbers.reserve(count);
  spec.all_finite = true;
  while (numbers.size() < count) {
    const size_t done = numbers.size();
    const size_t length = std::min(kPiece, count - done);
    numbers.resize(done + length);
    std::memcpy(numbers.data() + done, raw.data() + done * sizeof(Real), length * sizeof(Real));
    const bool finite = ReadFromLittleEndian<Real>(absl::MakeSpan(numbers).subspan(done));
    spec.all_finite = spec.all_finite && finite;
  }
}

template <class Real>
void ReadValues(const google::protobuf::RepeatedField<double>& values, absl::string_view path,
                FieldViolations& violations, TensorSpec<Real>& spec) {
  std::vector<Real>& numbers = spec.values;
  numbers.reserve(static_cast<size_t>(values.size()));
  int count = 0;
  int first = 0;
  for (int k = 0; k < values.size(); ++k) {
    const auto number = static_cast<Real>(values[k]);
    if (std::isinf(number) && std::isfinite(values[k])) {
      if (count == 0) first = k;
      ++count;
    }
    numbers.push_back(CanonicalNan(number));
  }
  if (count > 0) {
    violations.push_back(
        {std::string(path),
         absl::StrCat("number of elements beyond ", PrecisionName<Real>(), " is ", count,
                      ", the first is ", FormatNumber(values[first]), " at index ", first,
                      "; must lie between ", FormatNumber(std::numeric_limits<Real>::lowest()),
                      " and ", FormatNumber(std::numeric_limits<Real>::max()))});
  }
  spec.all_finite = AllFinite<Real>(numbers);
}

template <class Real>
void CheckShape(const TensorSpec<Real>& tensor, absl::string_view path,
                FieldViolations& violations) {
  if (tensor.shape.empty()) return;
  const auto too_short = std::find_if(tensor.shape.begin(), tensor.shape.end(),
                                      [](int64_t length) { return length < 1; });
  if (too_short != tensor.shape.end()) {
    violations.push_back(
        {absl::StrCat(path, ".shape"),
         absl::StrCat("is ", FormatShape(tensor.shape), "; every length must be at least 1, axis ",
                      too_short - tensor.shape.begin(), " has ", *too_short)});
    return;
  }
  const std::optional<int64_t> count = ElementCount(tensor.shape);
  const auto given_count = static_cast<int64_t>(tensor.values.size());
  if (count == given_count) return;
  violations.push_back({absl::StrCat(path, ".shape"),
                        absl::StrCat("is ", FormatShape(tensor.shape), ", of ",
                                     count.has_value() ? absl::StrCat(*count) : "more than 2^63",
                                     " elements; must fit the ", given_count, " given")});
}

}  // namespace

bool IsGiven(const v1::Tensor& tensor) {
  return tensor.values_size() > 0 || !tensor.raw().empty() || tensor.shape_size() > 0;
}

v1::Encoding EncodingOf(const v1::Tensor& tensor) {
  if (!tensor.raw().empty()) return v1::ENCODING_RAW;
  return tensor.values_size() > 0 ? v1::ENCODING_VALUES : v1::ENCODING_UNSPECIFIED;
}

std::string FormatNumber(double number) {
  std::array<char, 32> text;  // the longest shortest double has 24 characters
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  return std::string(text.data(), error == std::errc() ? end : text.data());
}

template <class Real>
TensorSpec<Real> ReadTensor(const v1::Tensor& tensor, absl::string_view path,
                            FieldViolations& violations) {
  TensorSpec<Real> spec;
  spec.given = IsGiven(tensor);
  if (!spec.given) return spec;
  const size_t violations_before = violations.size();
  spec.shape.assign(tensor.shape().begin(), tensor.shape().end());
  if (tensor.values_size() > 0 && !tensor.raw().empty()) {
    violations.push_back({std::string(path), "values and raw are both set; must be one of them"});
  } else if (tensor.values_size() == 0 && tensor.raw().empty()) {
    violations.push_back(
        {std::string(path), absl::StrCat("has shape ", FormatShape(spec.shape),
                                         " but no elements; set values or raw, or leave it out")});
  } else {
    if (tensor.raw().empty()) {
      ReadValues<Real>(tensor.values(), path, violations, spec);
    } else {
      ReadRaw<Real>(tensor.raw(), path, violations, spec);
    }
    // Of a damaged raw the number of elements is not known.
    if (!spec.values.empty()) CheckShape(spec, path, violations);
  }
  spec.broken = violations.size() > violations_before;
  return spec;
}

template <class Real>
std::vector<Real> ReadVector(const v1::Tensor& tensor, int64_t size, absl::string_view path,
                             FieldViolations& violations) {
  std::vector<Real> zeros(static_cast<size_t>(size));
  if (!IsGiven(tensor)) return zeros;
  if (size == 0) {
    violations.push_back({std::string(path), "is given; this cell has none, leave it out"});
    return zeros;
  }
  TensorSpec<Real> spec = ReadTensor<Real>(tensor, path, violations);
  if (spec.broken) return zeros;
  if (!spec.shape.empty() && spec.shape != std::vector<int64_t>{size}) {
    violations.push_back(
        {absl::StrCat(path, ".shape"),
         absl::StrCat("is ", FormatShape(spec.shape), "; must be [", size, "] or left out")});
    return zeros;
  }
  if (static_cast<int64_t>(spec.values.size()) != size) {
    violations.push_back({std::string(path), absl::StrCat("number of elements is ",
                                                          spec.values.size(), "; must be ", size)});
    return zeros;
  }
  return std::move(spec.values);
}

template <class Real>
std::vector<Real> ReadRows(const v1::Tensor& tensor, int64_t row_size, absl::string_view path,
                           FieldViolations& violations) {
  if (!IsGiven(tensor)) {
    violations.push_back(
        {std::string(path), absl::StrCat("is missing; must be a tensor of shape [T, ", row_size,
                                         "], one row a step, with T >= 1")});
    return {};
  }
  TensorSpec<Real> spec = ReadTensor<Real>(tensor, path, violations);
  if (spec.broken) return {};
  if (!spec.shape.empty() && (spec.shape.size() != 2 || spec.shape[1] != row_size)) {
    violations.push_back(
        {absl::StrCat(path, ".shape"), absl::StrCat("is ", FormatShape(spec.shape),
                                                    "; must be [T, ", row_size, "] or left out")});
    return {};
  }
  if (spec.values.size() % static_cast<size_t>(row_size) != 0) {
    violations.push_back(
        {std::string(path),
         absl::StrCat("number of elements is ", spec.values.size(), "; must be a multiple of ",
                      row_size, ", the input size of the model")});
    return {};
  }
  return std::move(spec.values);
}

template <class Real>
SharedNumbers TryReadRawRows(const v1::Tensor& tensor, int64_t row_size) {
  const std::string& raw = tensor.raw();
  const auto count = static_cast<int64_t>(raw.size() / sizeof(Real));
  const bool whole_rows = count > 0 && count % row_size == 0 && raw.size() % sizeof(Real) == 0;
  if (!whole_rows || tensor.values_size() > 0) return nullptr;
  const bool fits = tensor.shape_size() == 2 && tensor.shape(0) == count / row_size &&
                    tensor.shape(1) == row_size;
  if (tensor.shape_size() > 0 && !fits) return nullptr;
  SharedNumbers rows = SharedNumbers::OfSize<Real>(count);
  const absl::Span<Real> numbers = rows.Mutable<Real>();
  std::memcpy(numbers.data(), raw.data(), raw.size());
  ReadFromLittleEndian(numbers);
  return rows;
}

template <class Real>
void WriteTensor(absl::Span<const Real> numbers, absl::Span<const int64_t> shape,
                 v1::Encoding encoding, v1::Tensor* tensor) {
  tensor->Clear();
  tensor->mutable_shape()->Add(shape.begin(), shape.end());
  if (encoding != v1::ENCODING_RAW) {
    tensor->mutable_values()->Add(numbers.begin(), numbers.end());
    return;
  }
  std::string& raw = *tensor->mutable_raw();
  if constexpr (std::endian::native == std::endian::little) {
    raw.assign(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Real));
  } else {
    raw.resize(numbers.size() * sizeof(Real));
    for (size_t k = 0; k < numbers.size(); ++k) {
      const Real swapped = SwapToLittleEndian(numbers[k]);
      std::memcpy(raw.data() + k * sizeof(Real), &swapped, sizeof(Real));
    }
  }
}

template TensorSpec<float> ReadTensor(const v1::Tensor&, absl::string_view, FieldViolations&);
template TensorSpec<double> ReadTensor(const v1::Tensor&, absl::string_view, FieldViolations&);
template std::vector<float> ReadVector(const v1::Tensor&, int64_t, absl::string_view,
                                       FieldViolations&);
template std::vector<double> ReadVector(const v1::Tensor&, int64_t, absl::string_view,
                                        FieldViolations&);
template std::vector<float> ReadRows(const v1::Tensor&, int64_t, absl::string_view,
                                     FieldViolations&);
template std::vector<double> ReadRows(const v1::Tensor&, int64_t, absl::string_view,
                                      FieldViolations&);
template SharedNumbers TryReadRawRows<float>(const v1::Tensor&, int64_t);
template SharedNumbers TryReadRawRows<double>(const v1::Tensor&, int64_t);
template void WriteTensor(absl::Span<const float>, absl::Span<const int64_t>, v1::Encoding,
                          v1::Tensor*);
template void WriteTensor(absl::Span<const double>, absl::Span<const int64_t>, v1::Encoding,
                          v1::Tensor*);

}  // namespace cellar
