#!/bin/bash
# Run once by Gradescope, as root, while it builds the image. The archive brings all it needs; whatever
# unpacked it may have lost the permissions.
set -euo pipefail
source=${AUTOGRADER_ROOT:-/autograder}/source
chmod 755 "$source/run_autograder" "$source/cellar" "$source/lib/loader"
