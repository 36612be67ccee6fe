// Says whether this is compiled for a sanitizer that brings an allocator of its own,
// AddressSanitizer or ThreadSanitizer: CELLAR_HAS_SANITIZER is defined then. GCC tells it by
// macros, Clang by features.
#ifndef CELLAR_TESTS_TESTING_SANITIZER_H_
#define CELLAR_TESTS_TESTING_SANITIZER_H_

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CELLAR_HAS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CELLAR_HAS_SANITIZER
#endif
#endif

#endif  // CELLAR_TESTS_TESTING_SANITIZER_H_
