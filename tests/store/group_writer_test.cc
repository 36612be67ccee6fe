#include "server/store/group_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "server/base/error.h"
#include "tests/testing/fault_store.h"

namespace cellar {
namespace {

using testing::ElementsAre;

absl::AnyInvocable<void(RecordBatch&)> Putting(const std::string& key, const std::string& value) {
  return [key, value](RecordBatch& batch) { batch.Put(key, value); };
}

TEST(GroupWriter, WritesWhatIsSubmittedAndTellsInOrder) {
  FaultStore store;
  GroupWriter writer(store);
  std::vector<int> told;
  for (int i = 0; i < 100; ++i) {
    writer.Submit(
        {.fill = Putting("k", absl::StrCat(i)), .done = [&told, i](const absl::Status& written) {
           EXPECT_TRUE(written.ok());
           told.push_back(i);
         }});
  }
  EXPECT_TRUE(writer.Flush().ok());
  EXPECT_EQ(told.size(), 100u);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(store.record("k"), "99");
}

TEST(GroupWriter, WhateverWaitsSharesOneWriteAndOneSync) {
  FaultStore store;
  GroupWriter writer(store);
  absl::Notification filling;
  absl::Notification go_on;
  writer.Submit({.fill = [&](RecordBatch& batch) {
    filling.Notify();
    go_on.WaitForNotification();
    batch.Put("first", "");
  }});
  filling.WaitForNotification();  // the others wait for the next group
  for (int i = 0; i < 50; ++i) {
    writer.Submit({.fill = Putting(absl::StrCat("k", i), ""), .sync = i == 7});
  }
  go_on.Notify();
  EXPECT_TRUE(writer.Flush().ok());
  EXPECT_EQ(store.write_count(), 2);
  EXPECT_EQ(store.sync_count(), 2);
  EXPECT_EQ(store.keys().size(), 51u);
}

TEST(GroupWriter, AnEntryThatWritesNothingCostsNoWrite) {
  FaultStore store;
  GroupWriter writer(store);
  EXPECT_TRUE(writer.Flush().ok());
  EXPECT_TRUE(writer.Await([](RecordBatch&) {}).ok());
  EXPECT_EQ(store.write_count(), 0);
}

TEST(GroupWriter, WhatNeedNotBeSyncedIsNot) {
  FaultStore store;
  GroupWriter writer(store);
  writer.Submit({.fill = Putting("k", "v"), .sync = false});
  EXPECT_TRUE(writer.Flush().ok());
  EXPECT_EQ(store.sync_count(), 0);
  store.LosePower();
  EXPECT_FALSE(store.Has("k"));
}

TEST(GroupWriter, AFailedWriteIsToldToItsGroupAndRememberedUntilOneSucceeds) {
  FaultStore store;
  GroupWriter writer(store);
  store.Fail(FaultStore::Fault::kWriteFails);
  const absl::Status failed = writer.Await(Putting("k", "v"));
  EXPECT_EQ(failed.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetErrorReason(failed), "STORE_FAILED");
  EXPECT_EQ(writer.last_write(), failed);
  store.Fail(FaultStore::Fault::kNone);
  EXPECT_TRUE(writer.Await(Putting("k", "v")).ok());
  EXPECT_TRUE(writer.last_write().ok());
  EXPECT_EQ(store.record("k"), "v");
}

TEST(GroupWriter, ALastingEntryIsWrittenBeforeAnythingThatCameAfterIt) {
  FaultStore store;
  GroupWriter writer(store);
  store.Fail(FaultStore::Fault::kWriteFails);
  writer.Submit({.fill = Putting("k", "old"), .lasting = true});
  writer.Submit({.fill = Putting("forgotten", "")});
  EXPECT_FALSE(writer.Flush().ok());
  store.Fail(FaultStore::Fault::kNone);
  EXPECT_TRUE(writer.Await(Putting("k", "new")).ok());
  EXPECT_EQ(store.record("k"), "new");
  EXPECT_FALSE(store.Has("forgotten"));
  // Once only.
  EXPECT_TRUE(writer.Await(Putting("j", "")).ok());
  EXPECT_EQ(store.record("k"), "new");
}

TEST(GroupWriter, WritesWhatWaitsBeforeItEnds) {
  FaultStore store;
  {
    GroupWriter writer(store);
    for (int i = 0; i < 5000; ++i) writer.Submit({.fill = Putting(absl::StrCat(i), "")});
  }
  EXPECT_EQ(store.keys().size(), 5000u);
}

TEST(GroupWriter, ManyThreadsSubmitAtOnce) {
  FaultStore store;
  GroupWriter writer(store);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&writer, t] {
      for (int i = 0; i < 200; ++i) {
        EXPECT_TRUE(writer.Await(Putting(absl::StrCat(t, "/", i), "")).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store.keys().size(), 800u);
}

}  // namespace
}  // namespace cellar
