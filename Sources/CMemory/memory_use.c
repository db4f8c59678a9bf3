#define _GNU_SOURCE
#include "memory_use.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

long recall_peak_memory(void) {
#if defined(__linux__)
  // getrusage's peak includes that of the process which started this one; VmHWM does not.
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

void *recall_allocate(size_t alignment, size_t bytes) {
  void *memory = NULL;
  if (posix_memalign(&memory, alignment, bytes) == 0) return memory;
  char text[256], limit_text[96] = "";
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    snprintf(
        limit_text, sizeof limit_text, "; this process may use %llu MB in all (ulimit -v)",
        (unsigned long long)limit.rlim_cur >> 20);
  }
  const int length = snprintf(
      text, sizeof text, "error: out of memory: %.1f MB more are needed%s\n", bytes / 1e6, limit_text);
  const ssize_t written = write(STDERR_FILENO, text, length);
  (void)written;
  _exit(1);
}

void recall_prefer_huge_pages(void *start, size_t bytes) {
#if defined(__linux__)
  madvise(start, bytes, MADV_HUGEPAGE);
#else
  (void)start, (void)bytes;
#endif
}
