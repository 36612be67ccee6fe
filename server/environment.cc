#include "server/environment.h"

#include <iostream>
#include <string>
#include <utility>

#include "server/base/status_macros.h"

namespace cellar {

Environment::Environment(const Options& options, Clock& clock)
    : identities_(options.identities_path),
      watcher_(identities_, [](const std::string& line) { std::cerr << line << std::endl; }),
      models_(options.models),
      sessions_(options.sessions, clock),
      exercises_(options.exercises),
      reaper_(sessions_, clock),
      scheduler_(options.scheduler, clock),
      api_{clock, models_, sessions_, exercises_, scheduler_, options.api} {
  reaper_.Start();
}

absl::StatusOr<std::unique_ptr<Environment>> Environment::Create(const Options& options,
                                                                 Clock& clock) {
  std::unique_ptr<Environment> environment(new Environment(options, clock));
  CELLAR_RETURN_IF_ERROR(environment->identities_.Reload().status());
  environment->watcher_.Start();
  CELLAR_ASSIGN_OR_RETURN(environment->server_, Server::Start(options.server, environment->api_,
                                                              environment->identities_));
  return environment;
}

}  // namespace cellar
