#include "server/store/record_format.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "server/store/byte_format.h"
#include "server/store/store_errors.h"

namespace cellar {
namespace {

constexpr absl::string_view kRecordMagic("CELLAR\n\x1c", 8);  // snapshots end in 1a
constexpr uint32_t kRecordVersion = 1;
constexpr size_t kLeastBytes = 8 + 4 + 8 + 8 + kChecksumBytes;

}  // namespace

std::string RecordKey(RecordKind kind, absl::string_view name) {
  return absl::StrCat(absl::string_view(reinterpret_cast<const char*>(&kind), 1), "/", name);
}

absl::string_view NameInKey(absl::string_view key) {
  return key.size() > 2 && key[1] == '/' ? key.substr(2) : absl::string_view();
}

std::string SealRecord(absl::string_view key, absl::string_view payload) {
  std::string out;
  out.reserve(kLeastBytes + key.size() + payload.size());
  out.append(kRecordMagic.data(), kRecordMagic.size());
  AppendNumber(out, kRecordVersion);
  AppendArray(out, key);
  AppendArray(out, payload);
  AppendChecksum(out);
  return out;
}

absl::StatusOr<absl::string_view> OpenRecord(absl::string_view key, absl::string_view record) {
  if (record.size() < kLeastBytes) {
    return RecordCorrupt(key, absl::StrCat("it has ", record.size(), " bytes, too few"));
  }
  if (record.substr(0, kRecordMagic.size()) != kRecordMagic)
    return RecordCorrupt(key, "other first bytes");
  ByteReader in(
      record.substr(kRecordMagic.size(), record.size() - kRecordMagic.size() - kChecksumBytes));
  const auto version = in.Number<uint32_t>();
  if (!ChecksumFits(record)) return RecordCorrupt(key, "its checksum does not fit its bytes");
  // Only now: a damaged version is damage.
  if (version != kRecordVersion) {
    return RecordCorrupt(key, absl::StrCat("its format is version ", version,
                                           "; this server knows version ", kRecordVersion));
  }
  const auto written_key = in.Array();
  if (written_key != key) return RecordCorrupt(key, "it was written under another key");
  const auto payload = in.Array();
  if (!payload.has_value() || in.left() > 0) return RecordCorrupt(key, "it ends at another place");
  return *payload;
}

}  // namespace cellar
