#include "client/grading/grading_client.h"

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "client/error_text.h"
#include "client/grading/report.h"
#include "client/retry.h"

namespace cellar {
namespace {

// One stream grades at most so many answers or bytes: what is repeated when it breaks, and what a
// deadline is for.
constexpr size_t kMaxAnswersOfStream = 256;
constexpr size_t kMaxBytesOfStream = 4 << 20;

// Answers that have been read and have no verdict yet.
struct Chunk {
  struct Entry {
    v1::Submission submission;
    absl::Status unreadable;  // not OK: there is no submission
  };

  size_t first_index = 0;      // of entries[0], in the whole
  std::vector<Entry> entries;  // those before `done` have their verdicts
  size_t done = 0;
};

// What the server holds against this one answer, and not against the exercise or the moment.
bool IsAboutTheAnswer(const absl::Status& status) {
  const CallError error = GetCallError(status);
  if (absl::IsResourceExhausted(status)) {
    return error.reason.empty() || error.reason == "MESSAGE_SIZE_LIMIT";
  }
  if (!absl::IsInvalidArgument(status) || error.fields.empty()) return false;
  return std::all_of(error.fields.begin(), error.fields.end(), [](const RefusedField& field) {
    return absl::StartsWith(field.field, "submission");
  });
}

class Grader {
 public:
  Grader(Connection& connection, const v1::GradeStreamOpen& open, const VerdictSink& sink)
      : connection_(connection), open_(open), sink_(sink) {}

  // Gives every entry of the chunk its verdict.
  absl::Status Grade(Chunk& chunk) {
    while (chunk.done < chunk.entries.size()) {
      TakeUnreadable(chunk);
      if (chunk.done == chunk.entries.size()) break;
      const absl::Status streamed = RunWithRetry(
          connection_.options().retry, Repeat::kSafe, [&] { return GradeStream(chunk); },
          absl::SleepFor);
      if (streamed.ok()) continue;
      if (!absl::IsInvalidArgument(streamed) && !absl::IsResourceExhausted(streamed)) {
        return streamed;
      }
      // Whose fault it is tells a call for the first answer without a verdict alone.
      const absl::Status graded = GradeOne(chunk);
      if (!graded.ok()) return graded;
    }
    return absl::OkStatus();
  }

 private:
  void Give(Chunk& chunk, v1::Verdict verdict) {
    sink_(chunk.first_index + chunk.done, std::move(verdict));
    ++chunk.done;
  }

  void TakeUnreadable(Chunk& chunk) {
    while (chunk.done < chunk.entries.size() && !chunk.entries[chunk.done].unreadable.ok()) {
      const Chunk::Entry& entry = chunk.entries[chunk.done];
      Give(chunk, UngradableVerdict(entry.submission.id(), entry.unreadable.message()));
    }
  }

  // One stream for the answers from `done` up to the next that could not be read.
  absl::Status GradeStream(Chunk& chunk) {
    const size_t first = chunk.done;
    size_t end = first;
    while (end < chunk.entries.size() && chunk.entries[end].unreadable.ok()) ++end;
    grpc::ClientContext context;
    connection_.SetDeadline(context);
    const auto stream = connection_.gradings().GradeStream(&context);
    // Writing has a thread of its own: the server stops reading while its answers are not drained.
    std::thread writer([&] {
      v1::GradeStreamRequest request;
      *request.mutable_open() = open_;
      bool open = stream->Write(request);
      for (size_t i = first; open && i < end; ++i) {
        *request.mutable_submission() = chunk.entries[i].submission;
        open = stream->Write(request);
      }
      stream->WritesDone();
    });
    v1::GradeStreamResponse response;
    while (chunk.done < end && stream->Read(&response)) {
      Give(chunk, std::move(*response.mutable_verdict()));
    }
    const bool all = chunk.done == end;
    if (all && stream->Read(&response)) context.TryCancel();
    writer.join();
    const grpc::Status status = stream->Finish();
    if (all) return absl::OkStatus();
    if (status.ok()) return BrokenPromise("the server ended a stream before all verdicts");
    return FromCall(status);
  }

  absl::Status GradeOne(Chunk& chunk) {
    v1::GradeRequest request;
    if (open_.has_inline_exercise()) {
      *request.mutable_inline_exercise() = open_.inline_exercise();
    } else {
      request.set_exercise(open_.exercise());
    }
    request.set_feedback(open_.feedback());
    const v1::Submission& submission = chunk.entries[chunk.done].submission;
    *request.mutable_submission() = submission;
    auto answer = connection_.Call(connection_.gradings(), &v1::GradingService::Stub::Grade,
                                   request, Repeat::kSafe);
    if (answer.ok()) {
      Give(chunk, std::move(*answer->mutable_verdict()));
      return absl::OkStatus();
    }
    if (!IsAboutTheAnswer(answer.status())) return answer.status();
    const CallError error = GetCallError(answer.status());
    Give(chunk,
         UngradableVerdict(submission.id(), error.fields.empty() ? answer.status().message()
                                                                 : error.fields[0].description));
    return absl::OkStatus();
  }

  Connection& connection_;
  const v1::GradeStreamOpen& open_;
  const VerdictSink& sink_;
};

}  // namespace

absl::Status GradeAll(Connection& connection, const v1::GradeStreamOpen& open, size_t count,
                      const SubmissionReader& read, const VerdictSink& sink) {
  Grader grader(connection, open, sink);
  for (size_t next = 0; next < count;) {
    Chunk chunk;
    chunk.first_index = next;
    size_t bytes = 0;
    while (next < count && chunk.entries.size() < kMaxAnswersOfStream &&
           bytes < kMaxBytesOfStream) {
      absl::StatusOr<v1::Submission> submission = read(next++);
      Chunk::Entry entry;
      entry.unreadable = submission.status();
      if (submission.ok()) entry.submission = *std::move(submission);
      bytes += entry.submission.ByteSizeLong();
      chunk.entries.push_back(std::move(entry));
    }
    const absl::Status graded = grader.Grade(chunk);
    if (!graded.ok()) return graded;
  }
  return absl::OkStatus();
}

}  // namespace cellar
