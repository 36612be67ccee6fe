#include "server/store/snapshot_format.h"

#include <limits>
#include <optional>

#include "absl/base/casts.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/byte_format.h"
#include "server/store/store_errors.h"

namespace cellar {
namespace {

// Ends like PNG's signature: a transfer that changes line ends or stops at ^Z breaks it visibly.
constexpr absl::string_view kSnapshotMagic("CELLAR\n\x1a", 8);
constexpr uint32_t kSnapshotVersion = 1;
constexpr size_t kMinLayerBytes = 2 * sizeof(uint64_t);  // two empty arrays

// Everything up to the layers: magic, version, digest, four rules, next_step, layer count.
constexpr size_t kHeadBytes = 8 + 4 + 32 + 4 + 8 + 4;

// The largest value of each of the three rules in version 1.
constexpr uint8_t kMaxRule = 1;

absl::string_view AsBytes(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

absl::Status CheckRules(const Snapshot& snapshot) {
  if (snapshot.number_bytes != 4 && snapshot.number_bytes != 8) {
    return SnapshotCorrupt(absl::StrCat("its numbers have ", snapshot.number_bytes,
                                        " bytes; only 4 and 8 are allowed"));
  }
  for (const uint8_t rule :
       {snapshot.activation_rule, snapshot.rounding, snapshot.rounding_scope}) {
    if (rule > kMaxRule) {
      return SnapshotCorrupt(absl::StrCat("it asks for the unknown rule of numerics ", rule));
    }
  }
  if (snapshot.next_step < 0) {
    return SnapshotCorrupt(
        absl::StrCat("its next_step is ", snapshot.next_step, "; at least 0 is allowed"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Snapshot::Layer>> ReadLayers(ByteReader& in, uint32_t layer_count,
                                                        uint8_t number_bytes) {
  if (layer_count > in.left() / kMinLayerBytes) {
    return SnapshotCorrupt(
        absl::StrCat("it ends too early for the ", layer_count, " layers it tells of"));
  }
  std::vector<Snapshot::Layer> layers;
  layers.reserve(layer_count);
  for (uint32_t k = 0; k < layer_count; ++k) {
    const std::optional<absl::string_view> h = in.Array();
    const std::optional<absl::string_view> c = h.has_value() ? in.Array() : std::nullopt;
    if (!c.has_value()) return SnapshotCorrupt(absl::StrCat("layer ", k + 1, " ends too early"));
    if (h->size() % number_bytes != 0 || c->size() % number_bytes != 0) {
      return SnapshotCorrupt(absl::StrCat("an array of layer ", k + 1, " ends within a number"));
    }
    layers.push_back({std::string(*h), std::string(*c)});
  }
  if (in.left() > 0) {
    return SnapshotCorrupt(absl::StrCat(in.left(), " bytes follow the last layer"));
  }
  return layers;
}

// What the bytes are, before anything in them is believed.
absl::Status CheckEnvelope(absl::string_view bytes) {
  if (bytes.substr(0, kSnapshotMagic.size()) != kSnapshotMagic) {
    return SnapshotCorrupt("it is no snapshot of a session (other first bytes)");
  }
  if (bytes.size() < kHeadBytes + kChecksumBytes) {
    return SnapshotCorrupt(absl::StrCat("it is too short: ", bytes.size(), " bytes; at least ",
                                        kHeadBytes + kChecksumBytes, " are needed"));
  }
  const uint32_t version = ByteReader(bytes.substr(kSnapshotMagic.size())).Number<uint32_t>();
  if (version != kSnapshotVersion) {
    return SnapshotCorrupt(absl::StrCat("its format is version ", version,
                                        "; this server knows version ", kSnapshotVersion));
  }
  if (!ChecksumFits(bytes)) {
    return SnapshotCorrupt("its checksum does not fit its bytes");
  }
  return absl::OkStatus();
}

}  // namespace

std::string EncodeSnapshot(const Snapshot& snapshot) {
  std::string out(kSnapshotMagic);
  AppendNumber<uint32_t>(out, kSnapshotVersion);
  absl::StrAppend(&out, AsBytes(snapshot.model_digest));
  AppendNumber(out, snapshot.number_bytes);
  AppendNumber(out, snapshot.activation_rule);
  AppendNumber(out, snapshot.rounding);
  AppendNumber(out, snapshot.rounding_scope);
  AppendNumber(out, static_cast<uint64_t>(snapshot.next_step));
  AppendNumber(out, static_cast<uint32_t>(snapshot.layers.size()));
  for (const Snapshot::Layer& layer : snapshot.layers) {
    AppendArray(out, layer.h);
    AppendArray(out, layer.c);
  }
  AppendChecksum(out);
  return out;
}

absl::StatusOr<Snapshot> DecodeSnapshot(absl::string_view bytes) {
  CELLAR_RETURN_IF_ERROR(CheckEnvelope(bytes));
  bytes.remove_suffix(kChecksumBytes);
  bytes.remove_prefix(kSnapshotMagic.size() + sizeof(kSnapshotVersion));
  ByteReader in(bytes);
  Snapshot snapshot;
  for (uint8_t& byte : snapshot.model_digest) byte = in.Number<uint8_t>();
  snapshot.number_bytes = in.Number<uint8_t>();
  snapshot.activation_rule = in.Number<uint8_t>();
  snapshot.rounding = in.Number<uint8_t>();
  snapshot.rounding_scope = in.Number<uint8_t>();
  snapshot.next_step = static_cast<int64_t>(in.Number<uint64_t>());
  CELLAR_RETURN_IF_ERROR(CheckRules(snapshot));
  const auto layer_count = in.Number<uint32_t>();
  CELLAR_ASSIGN_OR_RETURN(snapshot.layers, ReadLayers(in, layer_count, snapshot.number_bytes));
  return snapshot;
}

}  // namespace cellar
