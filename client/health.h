// Asks a server's health service (grpc.health.v1.Health).
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_HEALTH_H_
#define CELLAR_CLIENT_HEALTH_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/connection.h"

namespace cellar {

// The values of grpc.health.v1.HealthCheckResponse.ServingStatus.
enum class Health { kUnknown = 0, kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

// What the server says of `service` (empty: of itself as a whole). Waits for no longer than the
// connection's call timeout. Fails as FromCall; NOT_FOUND if the server does not know the service.
absl::StatusOr<Health> CheckHealth(const Connection& connection, const std::string& service = "");

// "SERVING", "NOT_SERVING", ...
const char* HealthName(Health health);

}  // namespace cellar

#endif  // CELLAR_CLIENT_HEALTH_H_
