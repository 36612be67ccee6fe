#include "server/store/timed_store.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

// A store whose every operation takes as long as it says.
class SlowStore final : public RecordStore {
 public:
  explicit SlowStore(FakeClock& clock) : clock_(clock) {}

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view) const override {
    clock_.Advance(absl::Milliseconds(1));
    return std::optional<std::string>("value");
  }
  absl::Status Write(const RecordBatch&, bool sync) override {
    clock_.Advance(sync ? absl::Milliseconds(20) : absl::Milliseconds(3));
    return absl::UnavailableError("full");
  }
  absl::Status ForEach(
      absl::string_view,
      const std::function<void(absl::string_view, absl::string_view)>& visit) const override {
    visit("key", "value");
    return absl::OkStatus();
  }

 private:
  FakeClock& clock_;
};

TEST(TimedStore, MeasuresReadsWritesAndSyncsApartAndChangesNothing) {
  FakeClock clock;
  TimedStore store(std::make_unique<SlowStore>(clock), clock);
  EXPECT_EQ(store.Get("key").value(), "value");
  EXPECT_EQ(store.Get("key").value(), "value");
  EXPECT_EQ(store.Write({}, false).message(), "full");
  EXPECT_EQ(store.Write({}, true).message(), "full");
  int visited = 0;
  EXPECT_TRUE(store.ForEach("", [&](absl::string_view, absl::string_view) { ++visited; }).ok());
  EXPECT_EQ(visited, 1);
  EXPECT_DOUBLE_EQ(store.read_seconds().Look().sum, 0.002);
  EXPECT_DOUBLE_EQ(store.write_seconds().Look().sum, 0.003);
  EXPECT_DOUBLE_EQ(store.sync_seconds().Look().sum, 0.020);
}

}  // namespace
}  // namespace cellar
