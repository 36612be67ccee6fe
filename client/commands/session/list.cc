#include <memory>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/describe.h"
#include "client/table.h"

namespace cellar {
namespace {

absl::Status RunSessionList(Context& context, bool json) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::ListSessionsRequest request;
  v1::ListSessionsResponse all;
  do {
    const auto page = (*connection)
                          ->Call((*connection)->sessions(), &v1::SessionService::Stub::ListSessions,
                                 request, Repeat::kSafe);
    if (!page.ok()) return page.status();
    all.mutable_sessions()->MergeFrom(page->sessions());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  if (json) {
    context.out() << MessageJson(all);
    return absl::OkStatus();
  }
  Table table{{"NAME", "MODEL", "NEXT STEP", "EXPIRES"}, {}, Table::Align::kLeft};
  for (const v1::Session& session : all.sessions()) {
    table.rows.push_back({session.name(), session.model(), absl::StrCat(session.next_step()),
                          TimeText(session.expire_time())});
  }
  context.out() << AlignedText(table);
  return absl::OkStatus();
}

}  // namespace

void AddSessionListCommand(CLI::App& parent, Context& context) {
  CLI::App& command =
      context.AddCommand(parent, "list", "List the live sessions", "cellar session list");
  const auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "Write them as JSON");
  context.OnRun(command, [&context, json] { return RunSessionList(context, *json); });
}

}  // namespace cellar
