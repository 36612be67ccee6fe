// oneDNN's cells as a peer: the weight layout it asks for, the state fed back, arguments built
// once.
//
// Thread safety: a cell belongs to one thread.
#ifndef CELLAR_TESTS_BENCH_CELL_PEER_ONEDNN_H_
#define CELLAR_TESTS_BENCH_CELL_PEER_ONEDNN_H_

#include <cstdint>
#include <memory>

#include "server/cell/cell_kind.h"

namespace cellar {

class OneDnnCell {
 public:
  // Input size = hidden size; `steps` steps of `batch` sequences in one call. Random float32
  // weights.
  OneDnnCell(CellKind kind, int64_t hidden, int64_t batch, int64_t steps);
  ~OneDnnCell();

  // One call; waits for it.
  void Run();

 private:
  struct Primitive;
  std::unique_ptr<Primitive> primitive_;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_BENCH_CELL_PEER_ONEDNN_H_
