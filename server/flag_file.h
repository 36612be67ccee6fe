// The file of --config: flags, a line each, in a part of TOML.
//
//     # a comment
//     max-sessions = 1000
//     data-dir = "/var/lib/cellar"        # quotes where blanks or # are meant
//     listen = ["127.0.0.1:50051", "unix:/run/cellar"]
//     allow-insecure = true
//
// (CLI11's own reader takes what it cannot make sense of for nothing, or for something else: a list
// or a section that is not closed, any line of two characters, a # inside quotes.)
//
// Thread safety: externally synchronised.
#ifndef CELLAR_SERVER_FLAG_FILE_H_
#define CELLAR_SERVER_FLAG_FILE_H_

#include <istream>
#include <vector>

#include "CLI/CLI.hpp"

namespace cellar {

class FlagFile : public CLI::ConfigBase {
 public:
  // `app` has the flags that may stand in the file, and outlives this object.
  explicit FlagFile(const CLI::App& app) : app_(app) {}

  // Throws CLI::ConfigError with "LINE: what is wrong", a line of text for each problem.
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;

 private:
  const CLI::App& app_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_FLAG_FILE_H_
