# Writes OUTPUT, a header that defines CELLAR_COMMIT: the environment variable of that name, for builds from an
# archive; else what git says of SOURCE; else "unknown". Runs in every build, and leaves the header alone if nothing
# has changed.
set(commit "$ENV{CELLAR_COMMIT}")
if(commit STREQUAL "")
  execute_process(COMMAND git describe --always --dirty --abbrev=12 --exclude=*
    WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT commit MATCHES "^[0-9A-Za-z._-]+$")
  set(commit unknown)
endif()
file(WRITE ${OUTPUT}.new "#define CELLAR_COMMIT \"${commit}\"\n")
file(COPY_FILE ${OUTPUT}.new ${OUTPUT} ONLY_IF_DIFFERENT)
