#include "server/api/convert_tensor.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

v1::Tensor ParseTensor(const std::string& text) {
  v1::Tensor tensor;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &tensor)) << text;
  return tensor;
}

v1::Tensor Raw(std::string bytes, std::vector<int64_t> shape = {}) {
  v1::Tensor tensor;
  tensor.set_raw(std::move(bytes));
  tensor.mutable_shape()->Add(shape.begin(), shape.end());
  return tensor;
}

// Reads a good tensor.
template <class Real>
TensorSpec<Real> GoodTensor(const v1::Tensor& tensor) {
  FieldViolations violations;
  TensorSpec<Real> spec = ReadTensor<Real>(tensor, "t", violations);
  EXPECT_THAT(violations, IsEmpty());
  EXPECT_FALSE(spec.broken);
  return spec;
}

// Reads a bad tensor and returns the only violation as "field: description".
template <class Real = float>
std::string BadTensor(const v1::Tensor& tensor) {
  FieldViolations violations;
  const TensorSpec<Real> spec = ReadTensor<Real>(tensor, "t", violations);
  EXPECT_TRUE(spec.given);
  EXPECT_TRUE(spec.broken);
  EXPECT_EQ(violations.size(), 1u);
  return violations.empty() ? "" : violations[0].field + ": " + violations[0].description;
}

TEST(ReadTensor, TakesNothingAsNotGiven) {
  const auto spec = GoodTensor<float>({});
  EXPECT_FALSE(spec.given);
  EXPECT_THAT(spec.values, IsEmpty());
}

TEST(ReadTensor, TakesValuesWithAndWithoutShape) {
  const auto bare = GoodTensor<float>(ParseTensor("values: [1, 2.5, -3]"));
  EXPECT_TRUE(bare.given);
  EXPECT_THAT(bare.values, ElementsAre(1, 2.5, -3));
  EXPECT_THAT(bare.shape, IsEmpty());
  EXPECT_THAT(GoodTensor<double>(ParseTensor("shape: [1, 3] values: [1, 2, 3]")).shape,
              ElementsAre(1, 3));
}

TEST(ReadTensor, TakesRawInLittleEndian) {
  EXPECT_THAT(
      GoodTensor<float>(Raw(std::string("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8), {2})).values,
      ElementsAre(1, -2));
  EXPECT_THAT(GoodTensor<double>(Raw(std::string("\x00\x00\x00\x00\x00\x00\xf8\x3f", 8))).values,
              ElementsAre(1.5));
}

TEST(ReadTensor, RoundsValuesOnceToNearest) {
  EXPECT_THAT(GoodTensor<float>(ParseTensor("values: [0.1, 16777217, 1e-50]")).values,
              ElementsAre(0.1f, 16777216.0f, 0.0f));
  EXPECT_THAT(GoodTensor<double>(ParseTensor("values: [0.1]")).values, ElementsAre(0.1));
  const float largest = std::numeric_limits<float>::max();
  v1::Tensor tensor;
  tensor.add_values(std::nextafter(std::ldexp(1 - std::ldexp(1, -25), 128), 0));
  tensor.add_values(5e-324);
  tensor.add_values(-0.0);
  const auto spec = GoodTensor<float>(tensor);
  EXPECT_THAT(spec.values, ElementsAre(largest, 0, 0));
  EXPECT_TRUE(std::signbit(spec.values[2]));
}

TEST(ReadTensor, KeepsDenormals) {
  EXPECT_THAT(GoodTensor<float>(ParseTensor("values: [3.72e-44]")).values, ElementsAre(3.72e-44f));
}

TEST(ReadTensor, KeepsInfinitiesAndMakesEveryNanTheCanonicalOne) {
  v1::Tensor values;
  for (double value : {kInf, -kInf, -kNan, std::bit_cast<double>(0x7ff0000000000123)}) {
    values.add_values(value);
  }
  const auto from_values = GoodTensor<float>(values).values;
  EXPECT_EQ(from_values[0], std::numeric_limits<float>::infinity());
  EXPECT_EQ(from_values[1], -std::numeric_limits<float>::infinity());
  EXPECT_EQ(std::bit_cast<uint32_t>(from_values[2]), 0x7fc00000u);
  EXPECT_EQ(std::bit_cast<uint32_t>(from_values[3]), 0x7fc00000u);
  const auto from_raw = GoodTensor<float>(Raw("\x01\x02\xff\xff\x01\x01\x80\x7f")).values;
  EXPECT_EQ(std::bit_cast<uint32_t>(from_raw[0]), 0x7fc00000u);
  EXPECT_EQ(std::bit_cast<uint32_t>(from_raw[1]), 0x7fc00000u);
  const auto doubles = GoodTensor<double>(values).values;
  EXPECT_EQ(std::bit_cast<uint64_t>(doubles[2]), 0x7ff8000000000000u);
  EXPECT_EQ(std::bit_cast<uint64_t>(doubles[3]), 0x7ff8000000000000u);
}

TEST(ReadTensor, KnowsWhetherAllAreFinite) {
  constexpr size_t kCount = 5000;  // more than are looked at at once
  for (const size_t place : {size_t{0}, size_t{4095}, size_t{4096}, kCount - 1}) {
    std::vector<float> numbers(kCount, std::numeric_limits<float>::max());
    for (v1::Encoding encoding : {v1::ENCODING_RAW, v1::ENCODING_VALUES}) {
      v1::Tensor tensor;
      numbers[place] = 1;
      WriteTensor<float>(numbers, {static_cast<int64_t>(kCount)}, encoding, &tensor);
      EXPECT_TRUE(GoodTensor<float>(tensor).all_finite);
      for (const float odd : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
        numbers[place] = odd;
        WriteTensor<float>(numbers, {static_cast<int64_t>(kCount)}, encoding, &tensor);
        EXPECT_FALSE(GoodTensor<float>(tensor).all_finite) << place << " " << odd;
      }
    }
  }
}

TEST(TryReadRawRows, FindsANanWhereverItIs) {
  constexpr size_t kCount = 70;
  for (size_t at = 0; at < kCount; ++at) {
    std::vector<uint32_t> bits(kCount, 0x3f800000u);
    bits[at] = 0xffc00123u;
    const v1::Tensor tensor =
        Raw({reinterpret_cast<const char*>(bits.data()), kCount * sizeof(uint32_t)});
    const SharedNumbers rows = TryReadRawRows<float>(tensor, 1);
    ASSERT_NE(rows, nullptr);
    for (size_t k = 0; k < kCount; ++k) {
      EXPECT_EQ(std::bit_cast<uint32_t>(rows.As<float>()[k]), k == at ? 0x7fc00000u : 0x3f800000u)
          << "number " << k << ", NaN at " << at;
    }
  }
}

TEST(ReadTensor, RefusesValuesAndRawTogether) {
  v1::Tensor tensor = Raw("abcd");
  tensor.add_values(1);
  EXPECT_THAT(BadTensor(tensor), HasSubstr("t: values and raw are both set"));
}

TEST(ReadTensor, RefusesAShapeWithoutElements) {
  EXPECT_THAT(BadTensor(ParseTensor("shape: [2, 3]")),
              HasSubstr("t: has shape [2, 3] but no elements"));
}

TEST(ReadTensor, RefusesRawThatIsNoWholeNumberOfElements) {
  EXPECT_THAT(BadTensor<float>(Raw("1234567")),
              HasSubstr("raw has 7 bytes; must be a multiple of 4, the bytes of a FLOAT32 number"));
  EXPECT_THAT(BadTensor<double>(Raw("123456789012", {3})), HasSubstr("multiple of 8"));
}

TEST(ReadTensor, RefusesValuesBeyondThePrecisionInOneViolation) {
  EXPECT_EQ(BadTensor<float>(ParseTensor("values: [1, 1e300, 2, -1e39]")),
            "t: number of elements beyond FLOAT32 is 2, the first is 1e+300 at index 1; must lie "
            "between -3.4028234663852886e+38 and 3.4028234663852886e+38");
  EXPECT_THAT(GoodTensor<double>(ParseTensor("values: [1e300]")).values, ElementsAre(1e300));
}

TEST(ReadTensor, RefusesShapesOfAnotherNumberOfElements) {
  EXPECT_EQ(BadTensor(ParseTensor("shape: [2, 3] values: [1, 2, 3, 4, 5]")),
            "t.shape: is [2, 3], of 6 elements; must fit the 5 given");
  EXPECT_THAT(BadTensor(Raw("abcdefgh", {3})), HasSubstr("of 3 elements; must fit the 2 given"));
}

TEST(ReadTensor, RefusesAbsurdShapes) {
  EXPECT_THAT(BadTensor(ParseTensor("shape: [0] values: 1")), HasSubstr("axis 0 has 0"));
  EXPECT_THAT(BadTensor(ParseTensor("shape: [1, -7] values: 1")), HasSubstr("axis 1 has -7"));
  EXPECT_THAT(BadTensor(ParseTensor("shape: [-1, -1] values: 1")), HasSubstr("at least 1"));
  EXPECT_THAT(BadTensor(ParseTensor("shape: [4294967296, 4294967296] values: 1")),
              HasSubstr("more than 2^63 elements"));
  EXPECT_THAT(BadTensor(ParseTensor("shape: [9223372036854775807] values: 1")),
              HasSubstr("9223372036854775807 elements"));
  v1::Tensor tensor = ParseTensor("values: 1");
  for (int axis = 0; axis < 100'000; ++axis) tensor.add_shape(2);
  EXPECT_LT(BadTensor(tensor).size(), 300u);
}

TEST(ReadTensor, TakesManyAxesOfLengthOne) {
  EXPECT_EQ(GoodTensor<float>(ParseTensor("shape: [1,1,1,1,1,1,1,1,1,1] values: 1")).shape.size(),
            10u);
}

TEST(ReadTensor, ReportsAWrongValueAndAWrongShapeTogether) {
  FieldViolations violations;
  ReadTensor<float>(ParseTensor("shape: 3 values: [1e300, 1]"), "t", violations);
  EXPECT_EQ(violations.size(), 2u);
}

template <class Real>
std::vector<Real> Vector(const v1::Tensor& tensor, int64_t size, FieldViolations& violations) {
  return ReadVector<Real>(tensor, size, "h", violations);
}

TEST(ReadVector, TakesAVectorAndZerosForNothing) {
  FieldViolations violations;
  EXPECT_THAT(Vector<float>(ParseTensor("values: [1, 2]"), 2, violations), ElementsAre(1, 2));
  EXPECT_THAT(Vector<float>(ParseTensor("shape: 2 values: [1, 2]"), 2, violations),
              ElementsAre(1, 2));
  EXPECT_THAT(Vector<double>({}, 3, violations), ElementsAre(0, 0, 0));
  EXPECT_THAT(Vector<double>({}, 0, violations), IsEmpty());
  EXPECT_THAT(violations, IsEmpty());
}

TEST(ReadVector, RefusesOtherLengthsAndShapesAndGivesZeros) {
  const auto bad = [](const std::string& text, int64_t size) {
    FieldViolations violations;
    const auto vector = Vector<float>(ParseTensor(text), size, violations);
    EXPECT_EQ(vector, std::vector<float>(static_cast<size_t>(size)));
    EXPECT_EQ(violations.size(), 1u);
    return violations.empty() ? "" : violations[0].field + ": " + violations[0].description;
  };
  EXPECT_EQ(bad("values: [1, 2, 3]", 2), "h: number of elements is 3; must be 2");
  EXPECT_EQ(bad("shape: [1, 2] values: [1, 2]", 2), "h.shape: is [1, 2]; must be [2] or left out");
  EXPECT_THAT(bad("values: 1", 0), HasSubstr("h: is given"));
  EXPECT_THAT(bad("shape: 2", 2), HasSubstr("no elements"));
  EXPECT_THAT(bad("values: [1e300, 1]", 2), HasSubstr("FLOAT32"));
}

TEST(ReadRows, TakesOneRowAStep) {
  FieldViolations violations;
  EXPECT_THAT(ReadRows<float>(ParseTensor("values: [1, 2, 3, 4]"), 2, "x", violations),
              ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(
      ReadRows<float>(ParseTensor("shape: [4, 1] values: [1, 2, 3, 4]"), 1, "x", violations),
      ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(violations, IsEmpty());
}

TEST(ReadRows, RefusesWhatIsNoRows) {
  const auto bad = [](const std::string& text, int64_t row_size) {
    FieldViolations violations;
    EXPECT_THAT(ReadRows<double>(ParseTensor(text), row_size, "x", violations), IsEmpty());
    EXPECT_EQ(violations.size(), 1u);
    return violations.empty() ? "" : violations[0].field + ": " + violations[0].description;
  };
  EXPECT_THAT(bad("", 2), HasSubstr("x: is missing; must be a tensor of shape [T, 2]"));
  EXPECT_THAT(bad("values: [1, 2, 3]", 2),
              HasSubstr("x: number of elements is 3; must be a multiple of 2"));
  EXPECT_EQ(bad("shape: [2, 1] values: [1, 2]", 2),
            "x.shape: is [2, 1]; must be [T, 2] or left out");
  EXPECT_THAT(bad("shape: 2 values: [1, 2]", 2), HasSubstr("must be [T, 2]"));
  EXPECT_THAT(bad("shape: [1, 1, 2] values: [1, 2]", 2), HasSubstr("must be [T, 2]"));
  EXPECT_THAT(bad("shape: [1, 2, 1] values: [1, 2]", 2), HasSubstr("must be [T, 2]"));
  EXPECT_THAT(bad("shape: [0, 2]", 2), HasSubstr("no elements"));
  EXPECT_THAT(bad("shape: [0, 2] values: 1", 2), HasSubstr("axis 0 has 0"));
}

TEST(EncodingOf, IsThatOfTheElements) {
  EXPECT_EQ(EncodingOf({}), v1::ENCODING_UNSPECIFIED);
  EXPECT_EQ(EncodingOf(ParseTensor("shape: 1")), v1::ENCODING_UNSPECIFIED);
  EXPECT_EQ(EncodingOf(ParseTensor("values: 1")), v1::ENCODING_VALUES);
  EXPECT_EQ(EncodingOf(Raw("abcd")), v1::ENCODING_RAW);
}

TEST(FormatNumber, UsesTheFewestDigitsThatGiveTheNumberBack) {
  EXPECT_EQ(FormatNumber(0.1), "0.1");
  EXPECT_EQ(FormatNumber(-0.0), "-0");
  EXPECT_EQ(FormatNumber(100), "100");
  EXPECT_EQ(FormatNumber(1e300), "1e+300");
  EXPECT_EQ(FormatNumber(-2.2250738585072014e-308), "-2.2250738585072014e-308");
  EXPECT_EQ(FormatNumber(kInf), "inf");
  EXPECT_EQ(FormatNumber(kNan), "nan");
}

TEST(WriteTensor, ReplacesWhatWasThere) {
  v1::Tensor tensor = ParseTensor("shape: [7] values: [9, 9]");
  WriteTensor<float>({0.5f, -1}, {1, 2}, v1::ENCODING_RAW, &tensor);
  EXPECT_THAT(tensor.shape(), ElementsAre(1, 2));
  EXPECT_THAT(tensor.values(), IsEmpty());
  EXPECT_EQ(tensor.raw(), std::string("\x00\x00\x00\x3f\x00\x00\x80\xbf", 8));
  WriteTensor<double>({0.5, -1}, {2}, v1::ENCODING_VALUES, &tensor);
  EXPECT_THAT(tensor.values(), ElementsAre(0.5, -1));
  EXPECT_EQ(tensor.raw(), "");
}

// Any bits but NaN's come back as they were, through both encodings.
template <class Real, class Bits>
void ExpectRoundTrip(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Real> numbers;
  while (numbers.size() < 1000) {
    const Real number = std::bit_cast<Real>(static_cast<Bits>(random()));
    if (!std::isnan(number)) numbers.push_back(number);
  }
  for (v1::Encoding encoding : {v1::ENCODING_VALUES, v1::ENCODING_RAW}) {
    v1::Tensor tensor;
    WriteTensor<Real>(numbers, {10, 100}, encoding, &tensor);
    EXPECT_EQ(EncodingOf(tensor), encoding);
    const auto spec = GoodTensor<Real>(tensor);
    EXPECT_THAT(spec.shape, ElementsAre(10, 100));
    ASSERT_EQ(spec.values.size(), numbers.size());
    for (size_t k = 0; k < numbers.size(); ++k) {
      ASSERT_EQ(std::bit_cast<Bits>(spec.values[k]), std::bit_cast<Bits>(numbers[k])) << k;
    }
  }
}

TEST(WriteTensor, GivesBackWhatReadTensorTook) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    SCOPED_TRACE(seed);
    ExpectRoundTrip<float, uint32_t>(seed);
    ExpectRoundTrip<double, uint64_t>(seed);
  }
}

v1::Tensor RawFloats(const std::vector<float>& numbers, const std::vector<int64_t>& shape = {}) {
  return Raw({reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)},
             shape);
}

TEST(TryReadRawRows, GivesWhatReadRowsGives) {
  const float strange_nan = std::bit_cast<float>(0xffc12345u);
  for (const auto& shape : std::vector<std::vector<int64_t>>{{}, {2, 3}}) {
    const v1::Tensor tensor = RawFloats({1, -0.0F, strange_nan, 4, INFINITY, 6}, shape);
    FieldViolations violations;
    const std::vector<float> expected = ReadRows<float>(tensor, 3, "inputs", violations);
    ASSERT_TRUE(violations.empty());
    EXPECT_EQ(TryReadRawRows<float>(tensor, 3), SharedNumbers::Of<float>(expected));
  }
  const v1::Tensor doubles = RawFloats({1, 2, 3, 4});
  EXPECT_EQ(TryReadRawRows<double>(doubles, 2).count(), 2);
}

TEST(TryReadRawRows, LeavesWhatBreaksARuleOrIsInValues) {
  v1::Tensor cut = RawFloats({1, 2});
  cut.mutable_raw()->pop_back();
  v1::Tensor both = RawFloats({1, 2});
  both.add_values(1);
  for (const v1::Tensor& tensor :
       {v1::Tensor(), ParseTensor("values: [1, 2]"), cut, both, RawFloats({1, 2, 3}), RawFloats({}),
        RawFloats({1, 2}, {2}), RawFloats({1, 2}, {2, 1}), RawFloats({1, 2}, {2, 2}),
        RawFloats({1, 2}, {1, 2, 1}), RawFloats({1, 2}, {-1, -2})}) {
    EXPECT_EQ(TryReadRawRows<float>(tensor, 2), nullptr) << tensor.ShortDebugString();
  }
}

}  // namespace
}  // namespace cellar
