// Traces of steps as messages.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_API_CONVERT_TRACE_H_
#define CELLAR_SERVER_API_CONVERT_TRACE_H_

#include <cstdint>

#include "cellar/v1/tensor.pb.h"
#include "cellar/v1/trace.pb.h"
#include "server/engine/step_runner.h"

namespace cellar {

// Some of the steps that a trace shows: row first_row and the row_count - 1 rows after it.
struct RowRange {
  int64_t first_row = 0;
  int64_t row_count = 0;
};

// Steps shown by the trace.
int64_t RowCount(const AnyStackTrace& trace);

// Replaces *message by these rows of `trace`; arrays that the trace does not have stay unset.
// REQUIRES: the rows are in the trace, at least one; encoding is VALUES or RAW.
void WriteTrace(const AnyStackTrace& trace, RowRange rows, v1::Encoding encoding,
                v1::Trace* message);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_CONVERT_TRACE_H_
