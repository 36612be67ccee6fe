# Makes ThreadSanitizer see Abseil's locks (tsan_absl.cc) in everything that links cellar::testing.
find_path(CELLAR_ABSL_INCLUDE absl/base/options.h REQUIRED)
file(STRINGS ${CELLAR_ABSL_INCLUDE}/absl/base/options.h CELLAR_ABSL_NAMESPACE
  REGEX "^#define ABSL_OPTION_INLINE_NAMESPACE_NAME ")
string(REGEX REPLACE ".* " "" CELLAR_ABSL_NAMESPACE "${CELLAR_ABSL_NAMESPACE}")
string(LENGTH "${CELLAR_ABSL_NAMESPACE}" CELLAR_ABSL_LENGTH)
set(CELLAR_ABSL_PREFIX "4absl${CELLAR_ABSL_LENGTH}${CELLAR_ABSL_NAMESPACE}")

add_library(cellar_tsan_absl OBJECT ${CMAKE_CURRENT_LIST_DIR}/tsan_absl.cc)
target_compile_definitions(cellar_tsan_absl PRIVATE "CELLAR_ABSL_PREFIX=\"${CELLAR_ABSL_PREFIX}\"")
target_link_libraries(cellar_tsan_absl PRIVATE cellar::options absl::synchronization)
target_sources(cellar_testing INTERFACE $<TARGET_OBJECTS:cellar_tsan_absl>)
foreach(function
    N,5Mutex4LockEv N,5Mutex6UnlockEv N,5Mutex7TryLockEv
    N,5Mutex10ReaderLockEv N,5Mutex12ReaderUnlockEv N,5Mutex13ReaderTryLockEv
    N,5Mutex5AwaitERKNS0_9ConditionE
    N,5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE
    N,5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE
    N,7CondVar4WaitEPNS0_5MutexE N,7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE
    N,12Notification6NotifyEv
    NK,12Notification19WaitForNotificationEv
    NK,12Notification30WaitForNotificationWithTimeoutENS0_8DurationE)
  string(REPLACE "," "${CELLAR_ABSL_PREFIX}" function ${function})
  target_link_options(cellar_testing INTERFACE "LINKER:--wrap=_Z${function}")
endforeach()
