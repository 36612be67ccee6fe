#include "client/evaluation_client.h"

#include "absl/strings/str_cat.h"
#include "client/tensor.h"

namespace cellar {
namespace {

absl::Status Add(v1::EvaluateResponse part, std::vector<EvaluatedSequence>& sequences) {
  const int32_t index = part.sequence_index();
  if (index < 0 || static_cast<size_t>(index) >= sequences.size()) {
    return BrokenPromise(
        absl::StrCat("an answer for sequence ", index + 1, " of ", sequences.size()));
  }
  EvaluatedSequence& sequence = sequences[static_cast<size_t>(index)];
  AppendTrace(part.trace(), sequence.trace);
  if (part.has_final_state()) {
    sequence.final_state = std::move(*part.mutable_final_state());
    sequence.final_state_digest = part.final_state_digest();
  }
  return absl::OkStatus();
}

absl::Status EvaluateOnce(Connection& connection, const v1::EvaluateRequest& request,
                          std::vector<EvaluatedSequence>& sequences) {
  sequences.assign(static_cast<size_t>(request.sequences_size()), EvaluatedSequence());
  grpc::ClientContext context;
  connection.SetDeadline(context);
  const auto reader = connection.evaluations().Evaluate(&context, request);
  v1::EvaluateResponse part;
  while (reader->Read(&part)) {
    absl::Status added = Add(std::move(part), sequences);
    if (!added.ok()) {
      context.TryCancel();
      reader->Finish();
      return added;
    }
    part.Clear();
  }
  return FromCall(reader->Finish());
}

}  // namespace

absl::StatusOr<std::vector<EvaluatedSequence>> Evaluate(Connection& connection,
                                                        const v1::EvaluateRequest& request) {
  std::vector<EvaluatedSequence> sequences;
  const absl::Status status = RunWithRetry(
      connection.options().retry, Repeat::kSafe,
      [&] { return EvaluateOnce(connection, request, sequences); }, absl::SleepFor);
  if (!status.ok()) return status;
  for (size_t i = 0; i < sequences.size(); ++i) {
    if (!sequences[i].trace.has_outputs()) {
      return BrokenPromise(absl::StrCat("no steps of sequence ", i + 1));
    }
  }
  return sequences;
}

}  // namespace cellar
