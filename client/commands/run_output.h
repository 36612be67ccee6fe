// What `cellar run` prints: text, JSON or CSV.
#ifndef CELLAR_CLIENT_COMMANDS_RUN_OUTPUT_H_
#define CELLAR_CLIENT_COMMANDS_RUN_OUTPUT_H_

#include <string>
#include <vector>

#include "cellar/v1/exercise.pb.h"
#include "client/commands/number_flags.h"
#include "client/evaluation_client.h"

namespace cellar {

// The evaluated sequences of an exercise in the form asked for. REQUIRES: one entry for each of the
// exercise's sequences, in view TRACE.
std::string RunOutput(const v1::Exercise& exercise, const std::vector<EvaluatedSequence>& evaluated,
                      const NumberFlags& flags);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_RUN_OUTPUT_H_
