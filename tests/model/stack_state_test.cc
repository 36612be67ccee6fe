#include "server/model/stack_state.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "server/base/sha256.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

std::shared_ptr<const Model> LstmOnGru() {
  LayerSpec<float> gru;
  gru.kind = CellKind::kGruResetBefore;
  for (int gate = 0; gate < 3; ++gate) {
    gru.gates.push_back({.given = true,
                         .input_weights = GivenTensor<float>({1, 2}),
                         .recurrent_weights = GivenTensor<float>({1, 2, 3, 4})});
  }
  ModelSpec<float> spec = HomeworkSpec<float>();
  spec.layers.push_back(gru);
  return std::make_shared<const Model>(
      "", "", BuildLayerStack(std::move(spec), ModelLimits{}, "model", {}).value(),
      absl::UnixEpoch());
}

TEST(ZeroStackState, HasTheLengthsOfEveryLayer) {
  const AnyStackState state = ZeroStackState(*LstmOnGru(), Precision::kFloat32);
  const StackState<float> expected = {.layers = {{{0}, {0}}, {{0, 0}, {}}}, .backward_layers = {}};
  EXPECT_EQ(std::get<StackState<float>>(state), expected);
}

TEST(ZeroStackState, TakesThePrecisionAskedForNotTheModels) {
  const AnyStackState state = ZeroStackState(*LstmOnGru(), Precision::kFloat64);
  EXPECT_TRUE(std::holds_alternative<StackState<double>>(state));
}

TEST(ZeroStackState, FitsItsModelInEveryDirection) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const auto model = RandomModel(seed, {.bidirectional = seed % 2 == 0});
    for (Precision precision : {Precision::kFloat32, Precision::kFloat64}) {
      EXPECT_TRUE(FitsModel(ZeroStackState(*model, precision), *model));
    }
  }
}

TEST(StackStateBytes, CountsAllNumbers) {
  EXPECT_EQ(StackStateBytes(ZeroStackState(*LstmOnGru(), Precision::kFloat32)), 4 * 4);
  EXPECT_EQ(StackStateBytes(ZeroStackState(*LstmOnGru(), Precision::kFloat64)), 4 * 8);
  const StackState<float> both = {.layers = {{{1, 2}, {3}}}, .backward_layers = {{{4}, {}}}};
  EXPECT_EQ(StackStateBytes(both), 4 * 4);
}

TEST(StackStateDigest, IsTheHashOfPrecisionAndNumbersInOrder) {
  const StackState<float> state = {.layers = {{{1}, {-2}}, {{0.5f}, {}}},
                                   .backward_layers = {{{-0.0f}, {}}}};
  const std::string bytes(
      "\x04"
      "\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x00\x3f"
      "\x00\x00\x00\x80",
      17);
  EXPECT_EQ(StackStateDigest(state), ToHex(Sha256Of(bytes)));
}

TEST(StackStateDigest, TellsBitsApart) {
  const auto digest = [](float h, float c) {
    return StackStateDigest(StackState<float>{.layers = {{{h}, {c}}}, .backward_layers = {}});
  };
  EXPECT_EQ(digest(1, 2), digest(1, 2));
  EXPECT_NE(digest(1, 2), digest(2, 1));
  EXPECT_NE(digest(0.0f, 0), digest(-0.0f, 0));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(digest(nan, 0), digest(nan, 0));
  EXPECT_NE(digest(0, 0),
            StackStateDigest(StackState<double>{.layers = {{{0}, {0}}}, .backward_layers = {}}));
}

TEST(FitsModel, RefusesOtherLayersAndLengths) {
  const auto model = LstmOnGru();
  const auto state = std::get<StackState<float>>(ZeroStackState(*model, Precision::kFloat32));
  const auto fits = [&](auto change) {
    StackState<float> changed = state;
    change(changed);
    return FitsModel(changed, *model);
  };
  EXPECT_TRUE(fits([](auto&) {}));
  EXPECT_TRUE(fits([](auto& s) { s.layers[0].h[0] = 5; }));
  EXPECT_FALSE(fits([](auto& s) { s.layers.pop_back(); }));
  EXPECT_FALSE(fits([](auto& s) { s.layers.push_back(s.layers[0]); }));
  EXPECT_FALSE(fits([](auto& s) { s.backward_layers = s.layers; }));
  EXPECT_FALSE(fits([](auto& s) { s.layers[0].h.push_back(0); }));
  EXPECT_FALSE(fits([](auto& s) { s.layers[0].c.clear(); }));
  EXPECT_FALSE(fits([](auto& s) { s.layers[1].c.push_back(0); }));
  EXPECT_FALSE(fits([](auto& s) { std::swap(s.layers[0], s.layers[1]); }));
}

TEST(FitsModel, AsksForBackwardLayersOfABidirectionalModel) {
  const auto model = RandomModel(3, {.bidirectional = true});
  auto state = std::get<StackState<float>>(ZeroStackState(*model, Precision::kFloat32));
  EXPECT_TRUE(FitsModel(state, *model));
  state.backward_layers.clear();
  EXPECT_FALSE(FitsModel(state, *model));
}

TEST(FreezeState, IsInOnePieceAndThawsToTheSame) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const auto model = RandomModel(seed, {.bidirectional = seed % 2 == 0});
    for (Precision precision : {Precision::kFloat32, Precision::kFloat64}) {
      AnyStackState state = ZeroStackState(*model, precision);
      std::visit(
          [](auto& stack) {
            float next = 0;
            for (auto* layers : {&stack.layers, &stack.backward_layers}) {
              for (auto& layer : *layers) {
                for (auto& number : layer.h) number = ++next;
                for (auto& number : layer.c) number = ++next;
              }
            }
          },
          state);
      const SharedNumbers frozen = FreezeState(state);
      EXPECT_EQ(frozen.is_double(), precision == Precision::kFloat64);
      EXPECT_EQ(frozen.size_bytes(), StackStateBytes(state));
      EXPECT_EQ(ThawState(frozen, *model), state);
      EXPECT_EQ(StackStateDigest(frozen), StackStateDigest(state));
    }
  }
}

TEST(FreezeState, HasEveryLayersHAndThenItsC) {
  const StackState<float> state = {.layers = {{{1, 2}, {3, 4}}, {{5}, {}}},
                                   .backward_layers = {{{6}, {7}}}};
  EXPECT_EQ(FreezeState(state), SharedNumbers::Of<float>({1, 2, 3, 4, 5, 6, 7}));
}

}  // namespace
}  // namespace cellar
