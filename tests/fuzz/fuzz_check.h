// What fuzzers have in common: a broken promise ends the run, and the fuzzer keeps the input.
#ifndef CELLAR_TESTS_FUZZ_FUZZ_CHECK_H_
#define CELLAR_TESTS_FUZZ_FUZZ_CHECK_H_

#include <cstdio>
#include <cstdlib>
#include <string>

namespace cellar {

inline void FuzzCheck(bool holds, const std::string& promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise.c_str());
  std::abort();
}

}  // namespace cellar

#endif  // CELLAR_TESTS_FUZZ_FUZZ_CHECK_H_
