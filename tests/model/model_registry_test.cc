#include "server/model/model_registry.h"

#include <optional>
#include <thread>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/identity/tenant.h"
#include "server/model/model_errors.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Names(const std::vector<std::shared_ptr<const Model>>& models) {
  std::vector<std::string> names;
  for (const auto& model : models) names.push_back(model->name());
  return names;
}

std::shared_ptr<const Model> Named(std::string id) {
  return HomeworkModel(Precision::kFloat32, std::move(id));
}

TEST(ModelRegistry, FindsWhatWasAdded) {
  ModelRegistry registry({});
  const auto model = Named("a");
  EXPECT_EQ(registry.Add(kDefaultTenant, model).value(), model);
  EXPECT_EQ(registry.Get({kDefaultTenant, "models/a"}).value(), model);
  EXPECT_EQ(GetErrorReason(registry.Get({kDefaultTenant, "models/b"}).status()), "MODEL_NOT_FOUND");
  EXPECT_EQ(GetErrorReason(registry.Get({kDefaultTenant, "a"}).status()), "MODEL_NOT_FOUND");
}

TEST(ModelRegistry, AnswersTheModelThatIsThereWhenTheSameComesAgain) {
  ModelRegistry registry({.max_models = 1});
  const auto first = Named("a");
  ASSERT_TRUE(registry.Add(kDefaultTenant, first).ok());
  EXPECT_EQ(registry.Add(kDefaultTenant, Named("a")).value(),
            first);  // although there is no room for another
}

TEST(ModelRegistry, RefusesOtherWeightsUnderATakenName) {
  ModelRegistry registry({});
  const auto first = Named("a");
  ASSERT_TRUE(registry.Add(kDefaultTenant, first).ok());
  const absl::Status status =
      registry.Add(kDefaultTenant, HomeworkModel(Precision::kFloat64, "a")).status();
  EXPECT_EQ(GetErrorReason(status), "MODEL_EXISTS");
  EXPECT_EQ(GetErrorDetail(status)->metadata[1].second, first->digest());
  EXPECT_EQ(registry.Get({kDefaultTenant, "models/a"}).value(), first);
}

TEST(ModelRegistry, RefusesMoreModelsThanItMayHold) {
  ModelRegistry registry({.max_models = 2});
  ASSERT_TRUE(registry.Add(kDefaultTenant, Named("a")).ok());
  ASSERT_TRUE(registry.Add(kDefaultTenant, Named("b")).ok());
  EXPECT_EQ(GetErrorReason(registry.Add(kDefaultTenant, Named("c")).status()), "MODEL_LIMIT");
  ASSERT_TRUE(registry.Remove({kDefaultTenant, "models/a"}).ok());
  EXPECT_TRUE(registry.Add(kDefaultTenant, Named("c")).ok());
}

TEST(ModelRegistry, RefusesMoreBytesThanItMayHold) {
  const int64_t bytes = Named("a")->memory_bytes();
  const auto big = RandomModel(3, {.max_size = 40});
  ASSERT_GT(big->memory_bytes(), bytes + 1);
  ModelRegistry registry({.max_bytes = 2 * bytes + 1});
  ASSERT_TRUE(registry.Add(kDefaultTenant, Named("a")).ok());
  const absl::Status status = registry.Add(kDefaultTenant, big).status();
  EXPECT_EQ(GetErrorReason(status), "MODEL_BYTES_LIMIT");
  EXPECT_THAT(GetErrorDetail(status)->metadata,
              ElementsAre(std::pair("limit_bytes", std::to_string(2 * bytes + 1)),
                          std::pair("used_bytes", std::to_string(bytes)),
                          std::pair("requested_bytes", std::to_string(big->memory_bytes())),
                          std::pair("scope", "server")));
  ASSERT_TRUE(registry.Add(kDefaultTenant, Named("b")).ok());
  EXPECT_EQ(GetErrorReason(registry.Add(kDefaultTenant, Named("c")).status()), "MODEL_BYTES_LIMIT");
  ASSERT_TRUE(registry.Remove({kDefaultTenant, "models/b"}).ok());
  EXPECT_TRUE(registry.Add(kDefaultTenant, Named("c")).ok());
}

TEST(ModelRegistry, TakesAModelThatFitsExactly) {
  ModelRegistry registry({.max_models = 1, .max_bytes = Named("a")->memory_bytes()});
  EXPECT_TRUE(registry.Add(kDefaultTenant, Named("a")).ok());
}

TEST(ModelRegistry, ListsByNameAfterAName) {
  ModelRegistry registry({});
  for (const char* id : {"c", "a", "b", "b-2"})
    ASSERT_TRUE(registry.Add(kDefaultTenant, Named(id)).ok());
  EXPECT_THAT(Names(registry.List({kDefaultTenant, ""}, 10)),
              ElementsAre("models/a", "models/b", "models/b-2", "models/c"));
  EXPECT_THAT(Names(registry.List({kDefaultTenant, ""}, 2)), ElementsAre("models/a", "models/b"));
  EXPECT_THAT(Names(registry.List({kDefaultTenant, "models/b"}, 10)),
              ElementsAre("models/b-2", "models/c"));
  EXPECT_THAT(Names(registry.List({kDefaultTenant, "models/b-1"}, 1)), ElementsAre("models/b-2"));
  EXPECT_THAT(registry.List({kDefaultTenant, "models/c"}, 10), IsEmpty());
  EXPECT_THAT(registry.List({kDefaultTenant, ""}, 0), IsEmpty());
}

TEST(ModelRegistry, RemovesOnce) {
  ModelRegistry registry({});
  ASSERT_TRUE(registry.Add(kDefaultTenant, Named("a")).ok());
  EXPECT_TRUE(registry.Remove({kDefaultTenant, "models/a"}).ok());
  EXPECT_EQ(GetErrorReason(registry.Get({kDefaultTenant, "models/a"}).status()), "MODEL_NOT_FOUND");
  EXPECT_EQ(GetErrorReason(registry.Remove({kDefaultTenant, "models/a"})), "MODEL_NOT_FOUND");
}

TEST(ModelRegistry, KeepsARemovedModelAliveForWhoHoldsIt) {
  ModelRegistry registry({});
  ASSERT_TRUE(registry.Add(kDefaultTenant, Named("a")).ok());
  const auto held = registry.Get({kDefaultTenant, "models/a"}).value();
  ASSERT_TRUE(registry.Remove({kDefaultTenant, "models/a"}).ok());
  EXPECT_EQ(held->name(), "models/a");
}

TEST(ModelRegistry, RefusesToRemoveWhatIsPinned) {
  ModelRegistry registry({});
  ASSERT_TRUE(registry.Add(kDefaultTenant, Named("a")).ok());
  EXPECT_EQ(GetErrorReason(registry.Pin({kDefaultTenant, "models/b"}).status()), "MODEL_NOT_FOUND");
  std::optional<ModelPin> pin = registry.Pin({kDefaultTenant, "models/a"}).value();
  EXPECT_EQ((*pin)->name(), "models/a");
  const absl::Status status = registry.Remove({kDefaultTenant, "models/a"});
  EXPECT_EQ(GetErrorReason(status), "MODEL_IN_USE");
  EXPECT_EQ(GetErrorDetail(status)->metadata[1],
            std::pair(std::string("session_count"), std::string("1")));
  EXPECT_TRUE(registry.Get({kDefaultTenant, "models/a"}).ok());
  pin.reset();
  EXPECT_TRUE(registry.Remove({kDefaultTenant, "models/a"}).ok());
}

TEST(ModelPin, CountsCopiesButNotMoves) {
  ModelRegistry registry({});
  ASSERT_TRUE(registry.Add(kDefaultTenant, Named("a")).ok());
  const auto model = registry.Get({kDefaultTenant, "models/a"}).value();
  std::optional<ModelPin> first = registry.Pin({kDefaultTenant, "models/a"}).value();
  EXPECT_EQ(model->pin_count(), 1);
  std::optional<ModelPin> copy = first;
  EXPECT_EQ(model->pin_count(), 2);
  std::optional<ModelPin> moved = std::move(first);
  EXPECT_EQ(model->pin_count(), 2);
  *copy = *moved;
  EXPECT_EQ(model->pin_count(), 2);
  first.reset();  // moved from: pins nothing
  copy.reset();
  EXPECT_EQ(model->pin_count(), 1);
  moved.reset();
  EXPECT_EQ(model->pin_count(), 0);
}

// Of a pin and a removal that race, exactly one succeeds.
TEST(ModelRegistry, NeverPinsAModelThatItRemoves) {
  for (int round = 0; round < 200; ++round) {
    ModelRegistry registry({});
    ASSERT_TRUE(registry.Add(kDefaultTenant, Named("a")).ok());
    std::optional<ModelPin> pin;
    std::thread pinner([&] {
      auto pinned = registry.Pin({kDefaultTenant, "models/a"});
      if (pinned.ok()) pin = *pinned;
    });
    const absl::Status removed = registry.Remove({kDefaultTenant, "models/a"});
    pinner.join();
    ASSERT_NE(removed.ok(), pin.has_value());
  }
}

TEST(ModelRegistry, KeepsTheModelsOfTenantsApart) {
  ModelRegistry registry({.max_models = 3});
  const auto mine = Named("a");
  const auto theirs = HomeworkModel(Precision::kFloat64, "a");  // the same name, other weights
  ASSERT_EQ(registry.Add("me", mine).value(), mine);
  ASSERT_EQ(registry.Add("they", theirs).value(), theirs);
  EXPECT_EQ(registry.Get({"me", "models/a"}).value(), mine);
  EXPECT_EQ(registry.Pin({"they", "models/a"}).value().model(), theirs);
  ASSERT_TRUE(registry.Add("they", Named("b")).ok());
  EXPECT_THAT(Names(registry.List({"me", ""}, 10)), ElementsAre("models/a"));
  EXPECT_THAT(Names(registry.List({"they", ""}, 10)), ElementsAre("models/a", "models/b"));
  EXPECT_THAT(Names(registry.List({"nobody", ""}, 10)), IsEmpty());
  EXPECT_EQ(registry.Get({"me", "models/b"}).status(), ModelNotFound("models/b"));
  EXPECT_EQ(registry.Remove({"me", "models/b"}), ModelNotFound("models/b"));
  EXPECT_EQ(GetErrorReason(registry.Add("me", Named("c")).status()), "MODEL_LIMIT");  // in all
  ASSERT_TRUE(registry.Remove({"me", "models/a"}).ok());
  EXPECT_EQ(registry.Get({"they", "models/a"}).value(), theirs);
}

TEST(ModelRegistry, ATenantHasCapsOfItsOwn) {
  const int64_t bytes = Named("a")->memory_bytes();
  ModelRegistry registry({.max_models_per_tenant = 2, .max_bytes_per_tenant = 3 * bytes - 1});
  EXPECT_TRUE(registry.Add("me", Named("a")).ok());
  EXPECT_TRUE(registry.Add("me", Named("b")).ok());
  const absl::Status full = registry.Add("me", Named("c")).status();
  EXPECT_EQ(GetErrorReason(full), "MODEL_LIMIT");
  EXPECT_THAT(GetErrorDetail(full)->metadata, testing::Contains(testing::Pair("scope", "tenant")));
  EXPECT_TRUE(registry.Add("you", Named("c")).ok());
  EXPECT_EQ(GetErrorReason(registry.Reserve({"me", "models/a"}, Precision::kFloat64)),
            "MODEL_BYTES_LIMIT");
  EXPECT_EQ(registry.Look().models, 3);
  EXPECT_EQ(registry.Look().bytes, 3 * bytes);
}

TEST(ModelRegistry, ChargesTheOtherPrecisionOnceAndGivesItBack) {
  const int64_t bytes = Named("a")->memory_bytes();
  const int64_t other_bytes = Named("a")->memory_bytes(Precision::kFloat64);
  ModelRegistry registry({.max_bytes = 2 * bytes + other_bytes - 1});
  ASSERT_TRUE(registry.Add("me", Named("a")).ok());
  EXPECT_TRUE(registry.Reserve({"me", "models/a"}, Named("a")->precision()).ok());
  EXPECT_EQ(registry.Look().bytes, bytes);
  EXPECT_TRUE(registry.Reserve({"me", "models/a"}, Precision::kFloat64).ok());
  EXPECT_TRUE(registry.Reserve({"me", "models/a"}, Precision::kFloat64).ok());
  EXPECT_EQ(registry.Look().bytes, bytes + other_bytes);
  EXPECT_EQ(GetErrorReason(registry.Add("me", Named("b")).status()), "MODEL_BYTES_LIMIT");
  EXPECT_TRUE(registry.Reserve({"nobody", "models/a"}, Precision::kFloat64).ok());
  EXPECT_TRUE(registry.Remove({"me", "models/a"}).ok());
  EXPECT_EQ(registry.Look().bytes, 0);
}

// What the other precision takes is charged before it is there, and so it is worked out.
TEST(ModelRegistry, ChargesTheOtherPrecisionForWhatItTakes) {
  const auto check = [](const std::shared_ptr<const Model>& model) {
    ModelRegistry registry({});
    ASSERT_TRUE(registry.Add("me", model).ok());
    const bool is_double = model->precision() == Precision::kFloat64;
    ASSERT_TRUE(
        registry
            .Reserve({"me", model->name()}, is_double ? Precision::kFloat32 : Precision::kFloat64)
            .ok());
    const auto bytes_of = [](const auto& stack) {
      int64_t bytes = 0;
      for (const auto* layers : {&stack.layers, &stack.backward_layers}) {
        for (const auto& layer : *layers) bytes += layer.size_bytes();
      }
      return bytes;
    };
    EXPECT_EQ(registry.Look().bytes,
              bytes_of(model->Packed<float>()) + bytes_of(model->Packed<double>()));
  };
  check(HomeworkModel(Precision::kFloat32));
  check(HomeworkModel(Precision::kFloat64));
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const bool both_ways = seed % 2 == 1;
    check(RandomModel(seed, {.bidirectional = both_ways}));
    check(RandomModel(seed, {.precision = Precision::kFloat64, .bidirectional = both_ways}));
    check(RandomModel(seed,
                      {.weight_storage = WeightStorage::kBfloat16, .bidirectional = both_ways}));
  }
}

}  // namespace
}  // namespace cellar
