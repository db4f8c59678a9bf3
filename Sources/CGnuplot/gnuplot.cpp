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
#include <string>
#include <sys/prctl.h>
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
    if (pipe2(ends, O_CLOEXEC) != 0) fail(errno);
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

/// A copy of a file descriptor whose number is not that of a standard stream, which children replace.
struct Descriptor {
  explicit Descriptor(int other) : number(fcntl(other, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)) {
    if (number < 0) fail(errno);
  }
  ~Descriptor() { close(number); }
  Descriptor(const Descriptor &) = delete;
  const int number;
};

/// Blocks every signal in this thread.
struct SignalBlock {
  SignalBlock() {
    sigset_t all;
    sigfillset(&all);
    check(pthread_sigmask(SIG_SETMASK, &all, &before));
  }
  ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
  SignalBlock(const SignalBlock &) = delete;
  sigset_t before;
};

/// What a new process does before it becomes the program: standard streams, signals, and a process group of its own, which
/// can be ended as a whole. It ends when the thread that started it does, or its process: otherwise it would go on
/// drawing. Returns only if something fails.
void become(
    const char *program, char **arguments, char **environment, const int (&streams)[3],
    const sigset_t &mask, pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) return;
  if (setpgid(0, 0) != 0) return;
  for (int stream : {0, 1, 2}) {
    if (dup2(streams[stream], stream) < 0) return;
  }
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action;
    if (sigaction(number, nullptr, &action) != 0) continue;
    if (number != SIGPIPE && action.sa_handler == SIG_IGN) continue;
    action.sa_handler = SIG_DFL;
    action.sa_flags = 0;
    sigaction(number, &action, nullptr);
  }
  if (pthread_sigmask(SIG_SETMASK, &mask, nullptr) != 0) return;
  execvpe(program, arguments, environment);
}

/// Starts `program`, which reads from `input` and writes its messages to `messages`; returns its
/// process. popen is no alternative: it runs a shell, which starts even if the program is missing.
pid_t start(const char *program, int input, int messages, const PipeSignalBlock &signals) {
  // Without the user's own settings, which would change pictures: ~/.gnuplot and the terminal in GNUTERM.
  char defaults[] = "-d";
  char *arguments[] = {const_cast<char *>(program), defaults, nullptr};
  std::vector<char *> environment;
  for (char **variable = environ; *variable; ++variable) {
    if (std::strncmp(*variable, "GNUTERM=", 8) != 0) environment.push_back(*variable);
  }
  environment.push_back(nullptr);
  const File nowhere(std::fopen("/dev/null", "w"));
  const Descriptor in(input), out(fileno(nowhere.file)), err(messages);
  const int streams[] = {in.number, out.number, err.number};
  const SignalBlock block;
  const pid_t parent = getpid();
  // The new process has this thread's memory, and this thread waits, until it is the program or has ended.
  volatile int code = 0;
  const pid_t child = vfork();
  if (child < 0) fail(errno);
  if (child == 0) {
    become(program, arguments, environment.data(), streams, signals.before, parent);
    code = errno == 0 ? ESRCH : errno;
    _exit(127);
  }
  if (code != 0) {
    waitpid(child, nullptr, 0);
    if (code == ENOENT) throw NotFound();
    fail(code);
  }
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
