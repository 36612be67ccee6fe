// Reads any bytes as a snapshot: as they are, and with the checksum made right, so that what stands
// behind it is reached too.
//
// Promises: whatever is not a snapshot is refused with DATA_LOSS / SNAPSHOT_CORRUPT; what is
// accepted is, byte for byte, what the writer would write; and it fits the model or is refused.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "server/base/error.h"
#include "server/base/sha256.h"
#include "server/session/session_snapshot.h"
#include "server/store/snapshot_format.h"
#include "tests/fuzz/fuzz_check.h"
#include "tests/testing/model_builder.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace cellar {
namespace {

constexpr size_t kChecksumBytes = 32;

const Model& TheModel() {
  static const std::shared_ptr<const Model> model = HomeworkModel();
  return *model;
}

// A sound snapshot to begin with.
std::string Example() {
  Snapshot snapshot;
  for (size_t i = 0; i < snapshot.model_digest.size(); ++i) {
    snapshot.model_digest[i] =
        static_cast<uint8_t>(std::stoi(TheModel().digest().substr(2 * i, 2), nullptr, 16));
  }
  snapshot.next_step = 2;
  snapshot.layers = {{std::string(4, '\1'), std::string(4, '\2')}};
  return EncodeSnapshot(snapshot);
}

void Check(const std::string& bytes) {
  const absl::StatusOr<Snapshot> snapshot = DecodeSnapshot(bytes);
  if (!snapshot.ok()) {
    FuzzCheck(absl::IsDataLoss(snapshot.status()), "what cannot be read is DATA_LOSS");
    FuzzCheck(GetErrorReason(snapshot.status()) == "SNAPSHOT_CORRUPT", "and says so");
    return;
  }
  FuzzCheck(EncodeSnapshot(*snapshot) == bytes, "what is read is what would be written");
  const absl::StatusOr<RestoredState> restored = RestoreSnapshot(*snapshot, TheModel());
  if (!restored.ok()) {
    const std::string reason = GetErrorReason(restored.status());
    FuzzCheck(reason == "SNAPSHOT_CORRUPT" || reason == "MODEL_MISMATCH", reason);
    return;
  }
  FuzzCheck(FitsModel(ThawState(restored->state, TheModel()), TheModel()),
            "what is restored fits the model");
  FuzzCheck(restored->next_step >= 0, "no step is negative");
}

}  // namespace
}  // namespace cellar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  cellar::Check(bytes);
  if (size < cellar::kChecksumBytes) return 0;
  bytes.resize(size - cellar::kChecksumBytes);
  const cellar::Sha256Digest checksum = cellar::Sha256Of(bytes);
  bytes.append(checksum.begin(), checksum.end());
  cellar::Check(bytes);
  return 0;
}

// Begins from a sound snapshot now and then: chance would never find the first bytes.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  static const std::string example = cellar::Example();
  if (seed % 64 == 0 && example.size() <= max_size) {
    std::memcpy(data, example.data(), example.size());
    size = example.size();
  }
  return LLVMFuzzerMutate(data, size, max_size);
}
