// Reads any bytes as a session's record: as they are, and as the payload of a sound envelope.
//
// Promises: what is not a record is refused with DATA_LOSS; what is accepted is a session that can
// be written again, and is then the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "server/model/model_registry.h"
#include "server/session/session_record.h"
#include "server/store/record_format.h"
#include "tests/fuzz/fuzz_check.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

constexpr char kKey[] = "s/default/sessions/a";

ModelPin ThePin() {
  static ModelRegistry* const registry = [] {
    auto* made = new ModelRegistry({});
    made->Add(kDefaultTenant, HomeworkModel()).value();
    return made;
  }();
  return registry->Pin({kDefaultTenant, "models/homework"}).value();
}

void CheckRecord(const std::string& bytes) {
  const auto payload = OpenRecord(kKey, bytes);
  if (!payload.ok()) {
    FuzzCheck(absl::IsDataLoss(payload.status()), "what cannot be opened is DATA_LOSS");
    return;
  }
  FuzzCheck(SealRecord(kKey, *payload) == bytes, "what is opened is what would be sealed");
}

void CheckPayload(const std::string& payload) {
  const auto head = ReadSessionHead(kKey, payload);
  const auto session = ReadSessionRecord(kKey, payload, ThePin());
  if (!session.ok()) return;
  FuzzCheck(head.ok(), "a session has a head");
  const std::string again = WriteSessionRecord(session->config, session->progress, session->times);
  const auto reread = ReadSessionRecord(kKey, again, ThePin());
  FuzzCheck(reread.ok(), "what is written can be read");
  FuzzCheck(WriteSessionRecord(reread->config, reread->progress, reread->times) == again,
            "and is the same");
}

}  // namespace
}  // namespace cellar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  cellar::CheckRecord(bytes);
  cellar::CheckRecord(cellar::SealRecord(cellar::kKey, bytes));
  cellar::CheckPayload(bytes);
  return 0;
}
