#include "server/base/counter.h"

#include <algorithm>

namespace cellar {

size_t Counter::NextPlace() {
  static std::atomic<size_t> next{0};
  return next.fetch_add(1, std::memory_order_relaxed) % kPlaceCount;
}

int64_t Counter::Value() const {
  int64_t sum = 0;
  for (const Place& place : places_) sum += place.value.load(std::memory_order_relaxed);
  return sum;
}

CounterByWord::CounterByWord(const std::vector<std::string>& words) {
  for (const std::string& word : words) counters_.emplace(word, std::make_unique<Counter>());
  counters_.emplace(std::string(kOther), std::make_unique<Counter>());
}

void CounterByWord::Add(absl::string_view word) {
  auto found = counters_.find(word);
  if (found == counters_.end()) found = counters_.find(kOther);
  found->second->Add();
}

std::vector<std::pair<std::string, int64_t>> CounterByWord::Values() const {
  std::vector<std::pair<std::string, int64_t>> values;
  for (const auto& [word, counter] : counters_) {
    if (const int64_t value = counter->Value(); value > 0) values.emplace_back(word, value);
  }
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace cellar
