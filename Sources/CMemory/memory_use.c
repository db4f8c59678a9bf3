#define _GNU_SOURCE
#include "memory_use.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

// glibc lets a program replace its allocator and keeps the original under other names. Sanitizers replace it
// themselves.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)
#include <errno.h>
#include <stdatomic.h>

static atomic_long count;

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static void add_one(void) { atomic_fetch_add_explicit(&count, 1, memory_order_relaxed); }

void *malloc(size_t size) {
  add_one();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  add_one();
  return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
  add_one();
  return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  add_one();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  add_one();
  *memory = __libc_memalign(alignment, size);
  return *memory || size == 0 ? 0 : ENOMEM;
}

long recall_heap_allocations(void) {
  return atomic_load_explicit(&count, memory_order_relaxed);
}
#else
long recall_heap_allocations(void) { return -1; }
#endif

long recall_peak_memory(void) {
#if defined(__linux__)
  // Unlike getrusage's figure, VmHWM does not begin with that of the process which started this one.
  FILE *file = fopen("/proc/self/status", "r");
  if (!file) return -1;
  char line[256];
  long kibibytes = -1;
  while (kibibytes < 0 && fgets(line, sizeof line, file)) sscanf(line, "VmHWM: %ld", &kibibytes);
  fclose(file);
  return kibibytes < 0 ? -1 : kibibytes * 1024;
#else
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) ? -1 : usage.ru_maxrss;  // bytes on macOS
#endif
}

void recall_prefer_huge_pages(void *start, size_t bytes) {
#if defined(__linux__)
  madvise(start, bytes, MADV_HUGEPAGE);
#else
  (void)start, (void)bytes;
#endif
}
