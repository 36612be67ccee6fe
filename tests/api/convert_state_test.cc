#include "server/api/convert_state.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <variant>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<const Model> ModelOf(CellKind kind, int64_t layers = 1, bool both_ways = false) {
  RandomModelOptions options;
  options.kind = kind;
  options.layer_count = layers;
  options.bidirectional = both_ways;
  options.max_size = 4;
  return RandomModel(7, options);
}

template <class Real>
void FillWithRandom(uint64_t seed, std::vector<CellState<Real>>& layers) {
  for (CellState<Real>& layer : layers) {
    layer.h = RandomNumbers<Real>(++seed, static_cast<int64_t>(layer.h.size()));
    layer.c = RandomNumbers<Real>(++seed, static_cast<int64_t>(layer.c.size()));
  }
}

AnyStackState RandomState(const Model& model, Precision precision) {
  AnyStackState state = ZeroStackState(model, precision);
  std::visit(
      [](auto& stack) {
        FillWithRandom(100, stack.layers);
        FillWithRandom(200, stack.backward_layers);
      },
      state);
  return state;
}

std::vector<std::string> FieldsOf(const FieldViolations& violations) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : violations) fields.push_back(violation.field);
  return fields;
}

TEST(ConvertStateTest, EveryStateComesBackAsItWentBitForBit) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    RandomModelOptions options;
    options.bidirectional = seed % 2 == 0;
    const auto model = RandomModel(seed, options);
    for (const Precision precision : {Precision::kFloat32, Precision::kFloat64}) {
      const AnyStackState state = RandomState(*model, precision);
      for (const v1::Encoding encoding : {v1::ENCODING_VALUES, v1::ENCODING_RAW}) {
        v1::State message;
        WriteState(state, encoding, &message);
        FieldViolations violations;
        const auto back = ReadState(&message, {*model, precision}, "state", violations);
        EXPECT_THAT(violations, IsEmpty());
        EXPECT_EQ(StackStateDigest(*back), StackStateDigest(state));
        EXPECT_EQ(*back, state);
      }
    }
  }
}

TEST(ConvertStateTest, NoMessageIsTheZeroState) {
  const auto model = ModelOf(CellKind::kLstm, 2);
  FieldViolations violations;
  EXPECT_EQ(*ReadState(nullptr, {*model, Precision::kFloat64}, "state", violations),
            ZeroStackState(*model, Precision::kFloat64));
  EXPECT_THAT(violations, IsEmpty());
}

TEST(ConvertStateTest, AnHOrCLeftOutIsZero) {
  const auto model = ModelOf(CellKind::kLstm);
  v1::State message;
  message.add_layers();
  FieldViolations violations;
  EXPECT_EQ(*ReadState(&message, {*model, Precision::kFloat32}, "state", violations),
            ZeroStackState(*model, Precision::kFloat32));
  const int64_t size = model->shapes()[0].hidden_size;
  *message.mutable_layers(0)->mutable_c() = ValuesOf(std::vector<double>(size, 2));
  const auto state = ReadState(&message, {*model, Precision::kFloat32}, "state", violations);
  EXPECT_THAT(violations, IsEmpty());
  EXPECT_EQ(std::get<StackState<float>>(*state).layers[0].c, std::vector<float>(size, 2));
  EXPECT_EQ(std::get<StackState<float>>(*state).layers[0].h,
            std::vector<float>(model->shapes()[0].output_size, 0));
}

TEST(ConvertStateTest, NanAndInfinitiesAreNumbersAndEveryNanIsTheCanonicalOne) {
  const auto model = HomeworkModel();
  v1::State message;
  *message.add_layers()->mutable_h() = ValuesOf({-std::numeric_limits<double>::quiet_NaN()});
  *message.mutable_layers(0)->mutable_c() = ValuesOf({-std::numeric_limits<double>::infinity()});
  FieldViolations violations;
  const auto state = ReadState(&message, {*model, Precision::kFloat32}, "state", violations);
  EXPECT_THAT(violations, IsEmpty());
  const auto& layer = std::get<StackState<float>>(*state).layers[0];
  EXPECT_FALSE(std::signbit(layer.h[0]));
  EXPECT_TRUE(std::isnan(layer.h[0]));
  EXPECT_EQ(layer.c[0], -std::numeric_limits<float>::infinity());
}

TEST(ConvertStateTest, AWrongNumberOfLayersIsRefusedWithBothNumbers) {
  const auto model = ModelOf(CellKind::kGruResetAfter, 2);
  for (const int count : {0, 1, 3}) {
    v1::State message;
    for (int i = 0; i < count; ++i) message.add_layers();
    FieldViolations violations;
    ReadState(&message, {*model, Precision::kFloat32}, "initial_state", violations);
    ASSERT_THAT(FieldsOf(violations), ElementsAre("initial_state.layers"));
    EXPECT_THAT(violations[0].description, HasSubstr(std::to_string(count)));
    EXPECT_THAT(violations[0].description, HasSubstr("2"));
  }
}

TEST(ConvertStateTest, BackwardLayersBelongToBidirectionalModelsOnly) {
  v1::State message;
  message.add_layers();
  message.add_backward_layers();
  FieldViolations violations;
  ReadState(&message, {*ModelOf(CellKind::kRnn), Precision::kFloat32}, "state", violations);
  EXPECT_THAT(FieldsOf(violations), ElementsAre("state.backward_layers"));
  violations.clear();
  const auto both_ways = ModelOf(CellKind::kRnn, 1, true);
  ReadState(&message, {*both_ways, Precision::kFloat32}, "state", violations);
  EXPECT_THAT(violations, IsEmpty());
  message.clear_backward_layers();
  ReadState(&message, {*both_ways, Precision::kFloat32}, "state", violations);
  EXPECT_THAT(FieldsOf(violations), ElementsAre("state.backward_layers"));
}

TEST(ConvertStateTest, ACOnACellWithoutMemoryIsRefused) {
  for (const CellKind kind :
       {CellKind::kGruResetBefore, CellKind::kGruResetAfter, CellKind::kRnn}) {
    const auto model = ModelOf(kind);
    v1::State message;
    *message.add_layers()->mutable_c() = ValuesOf({1});
    FieldViolations violations;
    ReadState(&message, {*model, Precision::kFloat32}, "state", violations);
    EXPECT_THAT(FieldsOf(violations), ElementsAre("state.layers[0].c"));
    EXPECT_THAT(violations[0].description, HasSubstr("LSTM"));
  }
}

TEST(ConvertStateTest, AllWrongTensorsAreReportedAtOnce) {
  const auto model = HomeworkModel();
  v1::State message;
  *message.add_layers()->mutable_h() = ValuesOf({1, 2});
  message.mutable_layers(0)->mutable_c()->set_raw("abc");
  FieldViolations violations;
  const auto state = ReadState(&message, {*model, Precision::kFloat32}, "state", violations);
  EXPECT_THAT(FieldsOf(violations), ElementsAre("state.layers[0].h", "state.layers[0].c"));
  EXPECT_TRUE(FitsModel(*state, *model)) << "whatever is wrong, the result can be used";
}

TEST(ConvertStateTest, AShapeOtherThanTheLengthIsRefused) {
  const auto model = HomeworkModel();
  v1::State message;
  *message.add_layers()->mutable_h() = ValuesOf({1}, {1, 1});
  FieldViolations violations;
  ReadState(&message, {*model, Precision::kFloat32}, "state", violations);
  EXPECT_THAT(FieldsOf(violations), ElementsAre("state.layers[0].h.shape"));
}

TEST(ConvertStateTest, ANumberBeyondThePrecisionIsRefused) {
  const auto model = HomeworkModel();
  v1::State message;
  *message.add_layers()->mutable_h() = ValuesOf({1e300});
  FieldViolations violations;
  ReadState(&message, {*model, Precision::kFloat64}, "state", violations);
  EXPECT_THAT(violations, IsEmpty());
  ReadState(&message, {*model, Precision::kFloat32}, "state", violations);
  EXPECT_THAT(FieldsOf(violations), ElementsAre("state.layers[0].h"));
}

}  // namespace
}  // namespace cellar
