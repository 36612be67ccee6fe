// Early return on failure, for functions that return absl::Status or absl::StatusOr. (Debian 12's
// Abseil has none.)
#ifndef CELLAR_SERVER_BASE_STATUS_MACROS_H_
#define CELLAR_SERVER_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// CELLAR_RETURN_IF_ERROR(expression): returns the expression's status if it is not OK.
#define CELLAR_RETURN_IF_ERROR(expression)                                  \
  do {                                                                      \
    if (absl::Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)

// CELLAR_ASSIGN_OR_RETURN(auto value, expression): value of a StatusOr, or returns its status.
#define CELLAR_ASSIGN_OR_RETURN(declaration, expression) \
  CELLAR_ASSIGN_OR_RETURN_AT_(declaration, expression, __LINE__)
#define CELLAR_ASSIGN_OR_RETURN_AT_(declaration, expression, line) \
  CELLAR_ASSIGN_OR_RETURN_IN_(declaration, expression, line)
#define CELLAR_ASSIGN_OR_RETURN_IN_(declaration, expression, line)         \
  auto status_or_##line = (expression);                                    \
  if (!status_or_##line.ok()) return std::move(status_or_##line).status(); \
  declaration = *std::move(status_or_##line)

#endif  // CELLAR_SERVER_BASE_STATUS_MACROS_H_
