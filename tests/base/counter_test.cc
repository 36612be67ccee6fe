#include "server/base/counter.h"

#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Counter, CountsWhatAllThreadsAdd) {
  Counter counter;
  EXPECT_EQ(counter.Value(), 0);
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&counter] {
      for (int n = 0; n < 1000; ++n) counter.Add();
      counter.Add(5);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.Value(), 20 * 1005);
}

TEST(CounterByWord, CountsEachWordAndAllOthersTogether) {
  CounterByWord counter({"b", "a", "never"});
  EXPECT_THAT(counter.Values(), IsEmpty());
  counter.Add("b");
  counter.Add("a");
  counter.Add("b");
  counter.Add("what a client made up");
  counter.Add("");
  EXPECT_THAT(counter.Values(), ElementsAre(Pair("OTHER", 2), Pair("a", 1), Pair("b", 2)));
}

}  // namespace
}  // namespace cellar
