#include "CGnuplot.h"

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <new>
#include <pthread.h>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gnuplot-iostream.h>

extern char **environ;

namespace {

[[noreturn]] void fail(int code) { throw std::system_error(code, std::generic_category()); }

void check(int code) {
  if (code != 0) fail(code);
}

struct NotFound {};

/// Blocks SIGPIPE in this thread, because gnuplot may end while we write to it. A SIGPIPE that
/// arrives in the meantime is removed, unless one was already pending.
class PipeSignalBlock {
public:
  PipeSignalBlock() {
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    wasPending = isPending();
    check(pthread_sigmask(SIG_BLOCK, &pipe, &before));
  }
  ~PipeSignalBlock() {
    int taken;
    if (!wasPending && isPending()) sigwait(&pipe, &taken);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  PipeSignalBlock(const PipeSignalBlock &) = delete;

  sigset_t pipe, before;

private:
  static bool isPending() {
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE);
  }
  bool wasPending;
};

struct File {
  explicit File(std::FILE *file) : file(file) {
    if (!file) fail(errno);
  }
  ~File() {
    if (file) std::fclose(file);
  }
  File(const File &) = delete;
  /// Gives up the file; the caller must close it.
  std::FILE *release() {
    std::FILE *released = file;
    file = nullptr;
    return released;
  }
  std::FILE *file;
};

/// A pipe that children do not inherit. If a second gnuplot inherited the writing end, the first
/// one would never see the end of its input.
struct Pipe {
  Pipe() {
#ifdef __linux__
    if (pipe2(ends, O_CLOEXEC) != 0) fail(errno);
#else
    if (pipe(ends) != 0) fail(errno);
    for (int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
#endif
  }
  ~Pipe() {
    for (int index : {0, 1}) closeEnd(index);
  }
  Pipe(const Pipe &) = delete;
  void closeEnd(int index) {
    if (ends[index] >= 0) close(ends[index]);
    ends[index] = -1;
  }
  int ends[2];
};

struct Spawning {
  Spawning() {
    check(posix_spawn_file_actions_init(&actions));
    check(posix_spawnattr_init(&attributes));
  }
  ~Spawning() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  Spawning(const Spawning &) = delete;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

/// Starts `program`, which reads from `input` and writes its messages to `messages`; returns its
/// process. popen is no alternative: it runs a shell, which starts even if the program is missing.
pid_t start(const char *program, int input, int messages, const PipeSignalBlock &signals) {
  Spawning spawning;
  check(posix_spawn_file_actions_adddup2(&spawning.actions, input, STDIN_FILENO));
  check(posix_spawn_file_actions_addopen(
      &spawning.actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0));
  check(posix_spawn_file_actions_adddup2(&spawning.actions, messages, STDERR_FILENO));
  check(posix_spawnattr_setsigmask(&spawning.attributes, &signals.before));
  check(posix_spawnattr_setsigdefault(&spawning.attributes, &signals.pipe));
  // A process group of its own, which can be ended as a whole.
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP;
#ifdef POSIX_SPAWN_CLOEXEC_DEFAULT
  flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
  check(posix_spawnattr_setflags(&spawning.attributes, flags));
  // Without the user's own settings, which would change pictures: ~/.gnuplot and the terminal in GNUTERM.
  char defaults[] = "-d";
  char *arguments[] = {const_cast<char *>(program), defaults, nullptr};
  std::vector<char *> environment;
  for (char **variable = environ; *variable; ++variable) {
    if (std::strncmp(*variable, "GNUTERM=", 8) != 0) environment.push_back(*variable);
  }
  environment.push_back(nullptr);
  pid_t child;
  const int code = posix_spawnp(
      &child, program, &spawning.actions, &spawning.attributes, arguments, environment.data());
  if (code == ENOENT) throw NotFound();
  check(code);
  return child;
}

/// Ends a process group when its time is over. Writing to gnuplot and waiting for it may both block.
class TimeLimit {
public:
  TimeLimit(pid_t child, double seconds)
      : thread([this, child, seconds] {
          std::unique_lock<std::mutex> lock(mutex);
          const auto limit = std::chrono::duration<double>(seconds);
          isOver = !condition.wait_for(lock, limit, [this] { return isDone; });
          if (isOver) kill(-child, SIGKILL);
        }) {}
  ~TimeLimit() { end(); }
  TimeLimit(const TimeLimit &) = delete;
  /// Whether the time was over first.
  bool end() {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      isDone = true;
    }
    condition.notify_one();
    if (thread.joinable()) thread.join();
    return isOver;
  }

private:
  std::mutex mutex;
  std::condition_variable condition;
  bool isDone = false, isOver = false;
  std::thread thread;
};

/// Writes everything and closes the pipe; false when gnuplot stopped reading before the end.
bool write(std::FILE *input, const char *commands, size_t length) noexcept {
  std::unique_ptr<gnuplotio::Gnuplot> plot;
  try {
    plot.reset(new gnuplotio::Gnuplot(input));
    plot->write(commands, static_cast<std::streamsize>(length));
    plot->flush();
    return plot->good();
  } catch (...) {
    // The destructor of Gnuplot closes the file. Without a Gnuplot object we must close it, or the
    // program would wait for input for ever.
    if (!plot) std::fclose(input);
    return false;
  }
}

int wait(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail(errno);
  }
  return status;
}

char *contents(std::FILE *file) {
  std::string text;
  std::rewind(file);
  char part[4096];
  for (size_t count; (count = std::fread(part, 1, sizeof part, file)) > 0;) {
    text.append(part, count);
  }
  char *copy = strdup(text.c_str());
  if (!copy) throw std::bad_alloc();
  return copy;
}

gnuplot_report run(const char *program, const char *commands, size_t length, double seconds) {
  PipeSignalBlock signals;
  // Messages go to a file. With a second pipe, gnuplot could wait for us to read while we wait for
  // it.
  File messages(std::tmpfile());
  fcntl(fileno(messages.file), F_SETFD, FD_CLOEXEC);
  Pipe pipe;
  File input(fdopen(pipe.ends[1], "w"));
  const int reading = pipe.ends[0];
  pipe.ends[1] = -1;
  const pid_t child = start(program, reading, fileno(messages.file), signals);
  pipe.closeEnd(0);

  // Its number stays that of this process group until it is waited for below, with the limit still
  // on: what it started may hold the pipe open.
  TimeLimit limit(child, seconds);
  const bool wroteAll = write(input.release(), commands, length);
  const int status = wait(child);
  gnuplot_report report = {gnuplot_finished, 0, nullptr};
  if (limit.end()) {
    report.ending = gnuplot_out_of_time;
  } else if (WIFSIGNALED(status)) {
    report.ending = gnuplot_killed;
    report.code = WTERMSIG(status);
  } else if (WEXITSTATUS(status) != 0 || !wroteAll) {
    report.ending = gnuplot_failed;
    report.code = WEXITSTATUS(status);
  }
  report.messages = contents(messages.file);
  return report;
}

} // namespace

gnuplot_report gnuplot_run(
    const char *program, const char *commands, size_t length, double seconds) {
  try {
    return run(program, commands, length, seconds);
  } catch (const NotFound &) {
    return {gnuplot_not_found, ENOENT, strdup("")};
  } catch (const std::system_error &error) {
    return {gnuplot_not_started, error.code().value(), strdup("")};
  } catch (...) {
    return {gnuplot_not_started, ENOMEM, strdup("")};
  }
}

void gnuplot_report_release(gnuplot_report *report) {
  std::free(report->messages);
  report->messages = nullptr;
}
