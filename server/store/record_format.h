// What the store keeps under one key: versioned, checksummed, bound to its key, so that bytes that
// were damaged or moved are never taken for what they were. The grammar and a worked example are in
// record_format.md.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_STORE_RECORD_FORMAT_H_
#define CELLAR_SERVER_STORE_RECORD_FORMAT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cellar {

// What a record is about: the first letter of its key.
enum class RecordKind : char {
  kServer = 'i',     // the runs of the server; one record
  kModel = 'm',      // a model with its weights
  kExercise = 'e',   // an exercise as it was written
  kSession = 's',    // everything that a session remembers
  kTombstone = 't',  // how and when a session ended
  kDamaged = 'd',    // another record, as it was found; not in this format
};

// "{kind}/{name}". Keys of one kind stand together, sorted by name.
std::string RecordKey(RecordKind kind, absl::string_view name);

// The name in a key of RecordKey; empty if it is none.
absl::string_view NameInKey(absl::string_view key);

// The record of `payload` under `key`.
std::string SealRecord(absl::string_view key, absl::string_view payload);

// The payload of what was found under `key`; a view of `record`. Errors: RECORD_CORRUPT (DATA_LOSS)
// for anything that SealRecord did not write under this key, telling what is wrong.
absl::StatusOr<absl::string_view> OpenRecord(absl::string_view key, absl::string_view record);

}  // namespace cellar

#endif  // CELLAR_SERVER_STORE_RECORD_FORMAT_H_
