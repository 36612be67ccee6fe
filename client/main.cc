// The `cellar` program: see client/commands for what it does.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "client/commands/program.h"

int main(int argc, char** argv) {
  // gRPC's own log would mix with the errors told here. May still be asked for from outside.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  std::ios::sync_with_stdio(false);
  return cellar::RunProgram(std::vector<std::string>(argv + 1, argv + argc), std::cout, std::cerr);
}
