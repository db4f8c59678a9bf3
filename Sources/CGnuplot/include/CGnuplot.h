#ifndef CGNUPLOT_H
#define CGNUPLOT_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How a run of gnuplot ended.
typedef enum {
  /// Every command was read and gnuplot exited with status 0.
  gnuplot_finished,
  /// There is no such program in the PATH.
  gnuplot_not_found,
  /// It could not be started or waited for; `code` is the errno.
  gnuplot_not_started,
  /// It exited with status `code`; if that is 0, it stopped before the last command.
  gnuplot_failed,
  /// Signal `code` ended it.
  gnuplot_killed,
  /// It took too long, and was ended with all that it had started.
  gnuplot_out_of_time,
} gnuplot_ending;

typedef struct {
  gnuplot_ending ending;
  int code;
  /// What it wrote to standard error, never null; `gnuplot_report_release` frees it.
  char *messages;
} gnuplot_report;

/// Runs `program`, found in the PATH, with `length` bytes of commands on its standard input.
///
/// After so many seconds it is ended. Its standard output is discarded. Neither a C++ exception nor
/// SIGPIPE reaches the caller.
gnuplot_report gnuplot_run(
    const char *program, const char *commands, size_t length, double seconds);

void gnuplot_report_release(gnuplot_report *report);

#ifdef __cplusplus
}
#endif

#endif
