#include "server/api/batch_step.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "server/api/answer_room.h"
#include "server/api/answer_size.h"
#include "server/api/api_errors.h"
#include "server/api/convert_enums.h"
#include "server/api/go_on_elsewhere.h"
#include "server/api/on_worker.h"
#include "server/api/step_group.h"
#include "server/api/step_plan.h"
#include "server/api/step_turn.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/session/session_errors.h"

namespace cellar {
namespace {

// Above this many items a hand-over to a worker (some 10 us) costs less than keeping the thread
// that reads from its other calls.
constexpr int kMostItemsAtOnce = 32;

// A group takes some 20 KB, so that thousands of models in one batch are not grouped all at once.
constexpr size_t kMostGroups = 64;

// What a failed item takes of the answer at most when only its code and reason are told.
constexpr int64_t kShortErrorBytes = 64;

// Writes over what a message before it may have left in the same result.
void WriteStepError(const absl::Status& status, v1::StepError* error) {
  error->Clear();
  error->set_code(static_cast<int>(status.code()));
  error->set_message(std::string(status.message()));
  const std::optional<ErrorDetail> detail = GetErrorDetail(status);
  if (!detail.has_value()) return;
  error->set_reason(detail->reason);
  for (const auto& [key, value] : detail->metadata) (*error->mutable_metadata())[key] = value;
  for (const FieldViolation& violation : detail->violations) {
    v1::StepFieldViolation& message = *error->add_violations();
    message.set_field(violation.field);
    message.set_description(violation.description);
  }
}

// One call. Its items are prepared one after another by one thread, which makes those whose turn
// has come, together with others on the same model; the rest finishes later, on any thread, and the
// last one to finish ends the call.
class Batch : public std::enable_shared_from_this<Batch> {
 public:
  // `path` is where the request stands in its message: "" or "batch.".
  Batch(Api& api, const Call& call, const v1::BatchStepRequest& request, absl::string_view path,
        v1::BatchStepResponse* response, TraceOptions options, Done done)
      : api_(api),
        request_(request),
        path_(path),
        results_(*response->mutable_results()),
        options_(options),
        shortest_bytes_(kShortErrorBytes * request.items_size()),
        max_bytes_(api.limits.max_message_bytes - shortest_bytes_),
        call_(call),
        done_(std::move(done)),
        room_(api, call),
        unfinished_count_(request.items_size() + 1) {
    while (results_.size() > request.items_size()) results_.RemoveLast();
    while (results_.size() < request.items_size()) results_.Add();
  }

  // Takes every item. REQUIRES: called once.
  void Run() { RunFrom(0); }

  // The same on a worker, where it may wait for the store; or ends the call before anything is
  // taken. REQUIRES: instead of Run.
  void RunOnWorker(absl::Status may_run) {
    if (!may_run.ok()) return done_(std::move(may_run));
    call_.may_take_long = true;
    Run();
  }

 private:
  // Takes the items from this one on.
  void RunFrom(int item) {
    int fetched_end = item;
    for (; item < request_.items_size(); ++item) {
      if (item == fetched_end) fetched_end = PrefetchFrom(item);
      absl::StatusOr<PreparedStep> step = Prepare(item);
      if (IsSessionAsleep(step.status())) break;
      if (step.ok()) {
        Take(item, *std::move(step));
      } else {
        FinishHere(item, step.status());
      }
    }
    MakeAll();
    if (item < request_.items_size()) return RunElsewhere(item);
    FinishTaking();
  }

  // No session has a name as long as that.
  static constexpr size_t kLongestSoughtName = 128;

  // Has the sessions of the next few items fetched, all at once: among a million none is in a
  // cache. Returns up to which item.
  int PrefetchFrom(int item) const {
    const int end = item + std::min<int>(request_.items_size() - item, kMostBatchRows);
    std::array<OwnedName, kMostBatchRows> names;
    size_t count = 0;
    for (int k = item; k < end; ++k) {
      const std::string& name = request_.items(k).session();
      if (name.size() <= kLongestSoughtName) names[count++] = call_.Own(name);
    }
    if (count > 1) api_.sessions.Prefetch(absl::MakeConstSpan(names.data(), count));
    return end;
  }

  // Goes on with this item, whose session sleeps, and those behind it.
  void RunElsewhere(int item) {
    GoOnElsewhere(api_, call_, request_.items(item).session(),
                  [self = shared_from_this(), item](const absl::Status& may_run, const Call&) {
                    self->call_.may_take_long = true;
                    may_run.ok() ? self->RunFrom(item) : self->GiveUpFrom(item, may_run);
                  });
  }

  void GiveUpFrom(int item, const absl::Status& why) {
    for (; item < request_.items_size(); ++item) FinishHere(item, why);
    FinishTaking();
  }

  // Everything that can be found out before the session's turn. Errors: as Step.
  absl::StatusOr<PreparedStep> Prepare(int item) {
    const v1::BatchStepItem& asked = request_.items(item);
    CELLAR_ASSIGN_OR_RETURN(
        PreparedStep step,
        PrepareSteps(api_, call_, asked.session(),
                     {asked.inputs(),
                      asked.has_step_index() ? std::optional(asked.step_index()) : std::nullopt,
                      options_,
                      request_.encoding(),
                      {path_, item}}));
    step.plan.with_digest = !request_.omit_state_digest();
    CELLAR_RETURN_IF_ERROR(CheckLimits(step.plan));
    CELLAR_RETURN_IF_ERROR(TakeRoom(step.plan.answer_bytes));
    step_count_ += step.plan.step_count;
    multiply_adds_ += step.plan.multiply_adds;
    return step;
  }

  // Whether the batch may still grow by these steps: its limits are those of one request.
  absl::Status CheckLimits(const StepPlan& plan) const {
    const int64_t max_steps = api_.limits.max_steps_per_request;
    if (plan.step_count > max_steps - step_count_) {
      return StepCountLimit(step_count_ + plan.step_count, max_steps);
    }
    // One item is always allowed, as one step always is.
    if (multiply_adds_ > 0 &&
        plan.multiply_adds > api_.limits.max_request_multiply_adds - multiply_adds_) {
      return StepCostLimit(step_count_ + plan.step_count, step_count_ + AffordableOf(plan),
                           api_.limits.max_request_multiply_adds);
    }
    return absl::OkStatus();
  }

  // How many steps of an item there are multiply-adds left for.
  int64_t AffordableOf(const StepPlan& plan) const {
    const int64_t step_cost = (plan.multiply_adds + plan.step_count - 1) / plan.step_count;
    return (api_.limits.max_request_multiply_adds - multiply_adds_) / step_cost;
  }

  // Takes `bytes` of what the answer may have, and holds room for them. Errors: ANSWER_SIZE_LIMIT,
  // CALL_BYTES_LIMIT; then nothing was taken.
  absl::Status TakeRoom(int64_t bytes) {
    const int64_t used = used_bytes_.fetch_add(bytes) + bytes;
    absl::Status full = used <= max_bytes_ ? room_.GrowTo(shortest_bytes_ + used)
                                           : AnswerSizeLimit(used, max_bytes_);
    if (!full.ok()) used_bytes_.fetch_sub(bytes);
    return full;
  }

  // Steps of one session are made in the order of its items: all are of one kind, and a group with
  // some of them is made before it takes more.
  void Take(int item, PreparedStep step) {
    const Session& session = *step.hold.session();
    StepGroup& group = GroupOf({&*session.terms().model, session.terms().numerics});
    if (!group.HasRoomFor(session)) Make(group);
    group.Add(item, std::move(step), results_.Mutable(item)->mutable_step());
  }

  StepGroup& GroupOf(const BatchKind& kind) {
    // Few models in one message are the rule; of many the one that was met last is asked first.
    const auto found = std::find_if(groups_.rbegin(), groups_.rend(),
                                    [&](const auto& group) { return group->kind() == kind; });
    if (found != groups_.rend()) return **found;
    if (groups_.size() >= kMostGroups) {
      MakeAll();
      groups_.clear();
    }
    return *groups_.emplace_back(std::make_unique<StepGroup>(api_, call_, kind));
  }

  void MakeAll() {
    for (const auto& group : groups_) Make(*group);
  }

  void Make(StepGroup& group) {
    group.Make([&](int item, const absl::Status& outcome) { FinishHere(item, outcome); },
               [&](int item, PreparedStep step, v1::StepResponse* response) {
                 TakeStepTurn(api_, call_, {std::move(step), response},
                              [self = shared_from_this(), item](const absl::Status& status) {
                                self->Tell(item, status);
                                self->Finish(1);
                              });
               });
  }

  // An item that is over before all are taken.
  void FinishHere(int item, const absl::Status& status) {
    Tell(item, status);
    ++finished_here_count_;
  }

  // All items are taken; the call does not end before that.
  void FinishTaking() { Finish(finished_here_count_ + 1); }

  // Each item has its own result, so that no lock is needed.
  void Tell(int item, const absl::Status& status) {
    if (status.ok()) return;
    api_.counts.AddFailure(status);
    WriteError(status, results_.Mutable(item)->mutable_error());
  }

  void WriteError(const absl::Status& status, v1::StepError* error) {
    WriteStepError(status, error);
    if (TakeRoom(static_cast<int64_t>(error->ByteSizeLong())).ok()) return;
    error->clear_message();
    error->clear_metadata();
    error->clear_violations();
  }

  void Finish(int64_t count) {
    if (unfinished_count_.fetch_sub(count) != count) return;
    room_.GiveBack();
    done_(absl::OkStatus());
  }

  // Constant after construction.
  Api& api_;
  const v1::BatchStepRequest& request_;
  const absl::string_view path_;
  google::protobuf::RepeatedPtrField<v1::BatchStepResult>& results_;
  const TraceOptions options_;
  const int64_t shortest_bytes_;  // of an answer of errors at their shortest
  const int64_t max_bytes_;       // of the answer besides

  // Of the thread that prepares: what the items taken so far ask for, how many it has finished, and
  // those that are yet to be made, by kind.
  Call call_;
  int64_t step_count_ = 0;
  int64_t multiply_adds_ = 0;
  int64_t finished_here_count_ = 0;
  std::vector<std::unique_ptr<StepGroup>> groups_;

  Done done_;                              // called by whoever finishes last
  AnswerRoom room_;                        // for the answer
  std::atomic<int64_t> used_bytes_{0};     // of max_bytes_
  std::atomic<int64_t> unfinished_count_;  // items, and the thread that takes them
};

// The rules of the whole message.
TraceOptions CheckBatch(const Api& api, const v1::BatchStepRequest& request, absl::string_view path,
                        FieldViolations& violations) {
  const std::string items = absl::StrCat(path, "items");
  const int64_t most_answers = api.limits.max_message_bytes / (2 * kShortErrorBytes);
  const int64_t most = std::min<int64_t>(kMaxBatchItems, std::max<int64_t>(1, most_answers));
  if (request.items().empty()) violations.push_back({items, "is empty; give at least one item"});
  if (request.items_size() > most) {
    violations.push_back({items, absl::StrCat("has ", request.items_size(), " items; at most ",
                                              most, " are allowed")});
  }
  CheckEnum(request.encoding(), absl::StrCat(path, "encoding"), violations);
  return ReadTraceOptions(request.view(), request.density(), path, violations);
}

// `path` is a literal.
void StepAll(Api& api, const Call& call, const v1::BatchStepRequest& request,
             absl::string_view path, v1::BatchStepResponse* response, Done done) {
  FieldViolations violations;
  const TraceOptions options = CheckBatch(api, request, path, violations);
  if (absl::Status bad = BadRequest(std::move(violations)); !bad.ok()) return done(std::move(bad));
  api.counts.batch_items.Observe(static_cast<double>(request.items_size()));
  auto batch =
      std::make_shared<Batch>(api, call, request, path, response, options, std::move(done));
  if (request.items_size() <= kMostItemsAtOnce) return batch->Run();
  RunOnWorker(
      api.scheduler, call.tenant(), call.deadline,
      [batch](absl::Status may_run) { batch->RunOnWorker(std::move(may_run)); },
      request.items_size());
}

}  // namespace

void BatchStep(Api& api, const Call& call, const v1::BatchStepRequest& request,
               v1::BatchStepResponse* response, Done done) {
  StepAll(api, call, request, "", response, std::move(done));
}

void StreamBatchStep(Api& api, const Call& call, const v1::StreamBatchStepsRequest& request,
                     v1::StreamBatchStepsResponse* response, Done done) {
  StepAll(api, call, request.batch(), "batch.", response->mutable_batch(), std::move(done));
}

}  // namespace cellar
