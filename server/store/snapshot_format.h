// A session's state as bytes: versioned, checksummed, bound to a model's digest. The grammar and a
// worked example are in snapshot_format.md.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_STORE_SNAPSHOT_FORMAT_H_
#define CELLAR_SERVER_STORE_SNAPSHOT_FORMAT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/sha256.h"

namespace cellar {

// What a snapshot holds. Numbers are kept as they lie in memory: little-endian, `number_bytes`
// each.
struct Snapshot {
  struct Layer {
    std::string h;  // bytes, a multiple of number_bytes
    std::string c;  // empty unless the cell is an LSTM

    friend bool operator==(const Layer&, const Layer&) = default;
  };

  Sha256Digest model_digest = {};
  uint8_t number_bytes = 4;     // 4: FLOAT32, 8: FLOAT64
  uint8_t activation_rule = 0;  // the values of the enums in cell/numerics.h
  uint8_t rounding = 0;
  uint8_t rounding_scope = 0;
  int64_t next_step = 0;
  std::vector<Layer> layers;

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

std::string EncodeSnapshot(const Snapshot& snapshot);

// Errors: SNAPSHOT_CORRUPT (DATA_LOSS) for anything that EncodeSnapshot did not write, telling what
// is wrong: too short, not a snapshot, unknown version, wrong checksum, impossible lengths. Never
// allocates more than a few times the size of `bytes`.
absl::StatusOr<Snapshot> DecodeSnapshot(absl::string_view bytes);

}  // namespace cellar

#endif  // CELLAR_SERVER_STORE_SNAPSHOT_FORMAT_H_
