// A trace as tables: which letters a layer has, in which order they are shown, and their numbers.
//
// Thread safety: functions; no shared state.
// Lifetime: a LayerView points into its trace.
#ifndef CELLAR_CLIENT_TRACE_VIEW_H_
#define CELLAR_CLIENT_TRACE_VIEW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cellar/v1/trace.pb.h"
#include "client/number_text.h"
#include "client/table.h"

namespace cellar {

// One letter of a layer over the steps shown.
struct TraceQuantity {
  std::string name;          // "f", "c", "unrounded_h"
  const v1::Tensor* tensor;  // [N, width], as values
};

// One layer seen from inside.
struct LayerView {
  std::string title;  // "layer 1", "layer 1 backward"; empty if the trace has the output only
  // In the order f i o | z r, g, c, unrounded_h, h: those the trace has. Never empty.
  std::vector<TraceQuantity> quantities;
};

// The layers of a trace from the input upwards, then the backward ones; a single one with `h` if
// the trace has its outputs only.
std::vector<LayerView> LayerViews(const v1::Trace& trace);

// What the tables below show of which steps.
struct TraceTableOptions {
  NumberFormat format{};
  int64_t first_step = 0;              // index of the trace's first row
  const v1::Tensor* inputs = nullptr;  // x, [N, I]; null: not shown
  int64_t max_elements = 0;            // of each letter; 0: all
};

// One row a step: t, x, then every letter; of vectors a column each element, "f[0]", "f[1]"...
Table LayerTable(const LayerView& layer, const TraceTableOptions& options);

// The same numbers, one row for each step, layer and element: columns t, layer (if there are
// several), k (if any letter is a vector), x (all elements, in the first row of a step), then every
// letter that any layer has. The columns are the same for all traces of one model in one view.
Table StepRows(const v1::Trace& trace, const TraceTableOptions& options);

// Number of steps shown.
int64_t StepCount(const v1::Trace& trace);

// Elements in a row of a [N, width] tensor.
int64_t RowWidth(const v1::Tensor& tensor);

}  // namespace cellar

#endif  // CELLAR_CLIENT_TRACE_VIEW_H_
