#include "server/rpc/refusal.h"

#include "absl/status/statusor.h"

namespace cellar {

Reactor* Refuse(Admission& admission, Wire& wire, const google::protobuf::Message& request,
                const absl::Status& status) {
  const google::protobuf::Descriptor& kind = *request.GetDescriptor();
  // Asked once more, as whoever is refused is still somebody the log can name.
  const absl::StatusOr<SharedCaller> caller = admission.Identify(wire.context(), kind);
  const Caller* const known = caller.ok() ? caller->get() : nullptr;
  wire.Finish(admission.Close(wire.context(), kind, known, status));
  return NothingMore();
}

}  // namespace cellar
