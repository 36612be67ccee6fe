// Traces compared bit by bit (NaN equals NaN, 0 differs from -0), and put together from pieces.
//
// Thread safety: pure functions.
#ifndef CELLAR_TESTS_TESTING_TRACE_BITS_H_
#define CELLAR_TESTS_TESTING_TRACE_BITS_H_

#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/engine/step_runner.h"

namespace cellar {

// Every array of `trace` (a StackTrace, const or not) with its name; arrays that are not there are
// empty.
template <class Trace>
auto ArraysOf(Trace& trace) {
  std::vector<std::pair<std::string, decltype(&trace.outputs)>> arrays = {
      {"outputs", &trace.outputs}};
  const auto add_layers = [&](const std::string& field, auto& layers) {
    for (size_t k = 0; k < layers.size(); ++k) {
      auto& layer = layers[k];
      const std::string path = absl::StrCat(field, "[", k, "].");
      arrays.emplace_back(path + "h", &layer.h);
      arrays.emplace_back(path + "c", &layer.c);
      arrays.emplace_back(path + "forget_gate", &layer.forget_gate);
      arrays.emplace_back(path + "input_gate", &layer.input_gate);
      arrays.emplace_back(path + "output_gate", &layer.output_gate);
      arrays.emplace_back(path + "update_gate", &layer.update_gate);
      arrays.emplace_back(path + "reset_gate", &layer.reset_gate);
      arrays.emplace_back(path + "candidate", &layer.candidate);
      arrays.emplace_back(path + "unrounded_h", &layer.unrounded_h);
    }
  };
  add_layers("layers", trace.layers);
  add_layers("backward_layers", trace.backward_layers);
  return arrays;
}

template <class Real>
bool SameBits(const std::vector<Real>& a, const std::vector<Real>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(Real)) == 0);
}

// What is the first thing that differs; empty if nothing does.
template <class Real>
std::string TraceDifference(const StackTrace<Real>& a, const StackTrace<Real>& b) {
  if (a.step_count != b.step_count) {
    return absl::StrCat("step_count: ", a.step_count, " and ", b.step_count);
  }
  const auto arrays_a = ArraysOf(a);
  const auto arrays_b = ArraysOf(b);
  if (arrays_a.size() != arrays_b.size()) return "number of layers";
  for (size_t k = 0; k < arrays_a.size(); ++k) {
    if (!SameBits(*arrays_a[k].second, *arrays_b[k].second)) return arrays_a[k].first;
  }
  return "";
}

inline std::string TraceDifference(const AnyStackTrace& a, const AnyStackTrace& b) {
  if (a.index() != b.index()) return "precision";
  return std::visit(
      [&](const auto& typed_a) {
        return TraceDifference(typed_a, std::get<std::decay_t<decltype(typed_a)>>(b));
      },
      a);
}

// Rows [begin, end) of every array of `trace`.
template <class Real>
StackTrace<Real> TraceRows(const StackTrace<Real>& trace, int64_t begin, int64_t end) {
  StackTrace<Real> rows = trace;
  for (const auto& [name, array] : ArraysOf(rows)) {
    const auto length = static_cast<int64_t>(array->size()) / trace.step_count;
    *array = std::vector<Real>(array->begin() + begin * length, array->begin() + end * length);
  }
  rows.step_count = end - begin;
  return rows;
}

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_TRACE_BITS_H_
