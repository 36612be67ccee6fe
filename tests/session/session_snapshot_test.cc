#include "server/session/session_snapshot.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <variant>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "tests/session/session_builder.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

// A snapshot of a session on `model` in some state.
Snapshot SnapshotOf(std::shared_ptr<const Model> model, const Numerics& numerics,
                    const AnyStackState& state, int64_t next_step = 12) {
  const SharedNumbers shared = FreezeState(state);
  const SessionTerms terms{"tenant", model, numerics, Durability::kMemory, absl::Hours(1), 8, {}};
  return TakeSnapshot(terms, {shared, next_step, ReplayWindow(8)});
}

Snapshot HomeworkSnapshot() {
  return SnapshotOf(HomeworkModel(), {}, StackState<float>{{{{0.5f}, {-2.0f}}}, {}});
}

void ExpectCorrupt(const Snapshot& snapshot, const std::string& why) {
  const auto restored = RestoreSnapshot(snapshot, *HomeworkModel());
  EXPECT_EQ(restored.status().code(), absl::StatusCode::kDataLoss) << why;
  EXPECT_EQ(GetErrorReason(restored.status()), "SNAPSHOT_CORRUPT") << why;
}

TEST(SessionSnapshotTest, ASessionComesBackAsItWent) {
  for (uint64_t seed = 0; seed < 16; ++seed) {
    const auto model = RandomModel(seed);
    Numerics numerics;
    numerics.precision = static_cast<Precision>(seed & 1);
    numerics.activation_rule = static_cast<ActivationRule>(seed >> 1 & 1);
    numerics.rounding = static_cast<Rounding>(seed >> 2 & 1);
    numerics.rounding_scope = static_cast<RoundingScope>(seed >> 3 & 1);
    AnyStackState state = ZeroStackState(*model, numerics.precision);
    std::visit(
        [](auto& stack) {
          using Real = std::decay_t<decltype(stack.layers[0].h[0])>;
          for (auto& layer : stack.layers) {
            layer.h = RandomNumbers<Real>(5, static_cast<int64_t>(layer.h.size()));
            layer.c = RandomNumbers<Real>(6, static_cast<int64_t>(layer.c.size()));
          }
        },
        state);
    const auto restored = RestoreSnapshot(SnapshotOf(model, numerics, state, 99), *model);
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_EQ(restored->numerics, numerics);
    EXPECT_EQ(restored->next_step, 99);
    EXPECT_EQ(restored->state, FreezeState(state));
  }
}

TEST(SessionSnapshotTest, ASnapshotCarriesTheDigestOfItsModel) {
  EXPECT_EQ(ToHex(HomeworkSnapshot().model_digest), HomeworkModel()->digest());
}

TEST(SessionSnapshotTest, AnotherModelIsRefusedWithBothDigests) {
  const auto other = RandomModel(1);
  const auto restored = RestoreSnapshot(HomeworkSnapshot(), *other);
  EXPECT_EQ(GetErrorReason(restored.status()), "MODEL_MISMATCH");
  EXPECT_EQ(MetadataOf(restored.status(), "model"), other->name());
  EXPECT_EQ(MetadataOf(restored.status(), "model_digest"), other->digest());
  EXPECT_EQ(MetadataOf(restored.status(), "snapshot_digest"), HomeworkModel()->digest());
}

TEST(SessionSnapshotTest, WhatNoSessionHasIsCorrupt) {
  Snapshot snapshot = HomeworkSnapshot();
  snapshot.next_step = -1;
  ExpectCorrupt(snapshot, "negative step");

  for (uint8_t Snapshot::*rule :
       {&Snapshot::activation_rule, &Snapshot::rounding, &Snapshot::rounding_scope}) {
    snapshot = HomeworkSnapshot();
    snapshot.*rule = 2;
    ExpectCorrupt(snapshot, "unknown rule");
    snapshot.*rule = 255;
    ExpectCorrupt(snapshot, "unknown rule");
  }
  for (const uint8_t bytes : {0, 1, 2, 5, 16, 255}) {
    snapshot = HomeworkSnapshot();
    snapshot.number_bytes = bytes;
    ExpectCorrupt(snapshot, "number bytes");
  }
}

TEST(SessionSnapshotTest, LayersThatAreNotTheModelsAreCorrupt) {
  Snapshot snapshot = HomeworkSnapshot();
  snapshot.layers.clear();
  ExpectCorrupt(snapshot, "no layers");
  snapshot = HomeworkSnapshot();
  snapshot.layers.push_back(snapshot.layers[0]);
  ExpectCorrupt(snapshot, "too many layers");
  snapshot = HomeworkSnapshot();
  snapshot.layers[0].c.clear();
  ExpectCorrupt(snapshot, "no memory");
  snapshot = HomeworkSnapshot();
  snapshot.layers[0].h += std::string(4, '\0');
  ExpectCorrupt(snapshot, "h too long");
  snapshot = HomeworkSnapshot();
  snapshot.number_bytes = 8;
  ExpectCorrupt(snapshot, "lengths of another precision");
}

TEST(SessionSnapshotTest, ANanOfAnotherKindBecomesTheCanonicalOne) {
  Snapshot snapshot = HomeworkSnapshot();
  const uint32_t strange = 0xffc12345;
  std::memcpy(snapshot.layers[0].h.data(), &strange, sizeof(strange));
  const auto restored = RestoreSnapshot(snapshot, *HomeworkModel());
  ASSERT_TRUE(restored.ok());
  uint32_t bits = 0;
  std::memcpy(&bits, restored->state.As<float>().data(), sizeof(bits));
  EXPECT_EQ(bits, 0x7fc00000u);
}

}  // namespace
}  // namespace cellar
