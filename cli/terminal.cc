#include "cli/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <istream>
#include <ostream>

#include "cli/context.h"
#include "common/text/quantity.h"

namespace chatgate {
namespace {

constexpr size_t kColumnsMin = 20;
constexpr int64_t kDrawMs = 100;
constexpr int64_t kRateMs = 1000;  // earlier, a rate is a guess
constexpr int kInterruptMs = 200;
constexpr size_t kBarColumns = 24;
constexpr std::string_view kWipeLine = "\r\x1b[K";

volatile std::sig_atomic_t interrupts = 0;
int guards = 0;
std::array<struct sigaction, 2> handlers_before;
constexpr std::array kSignals{SIGINT, SIGTERM};

extern "C" void note_interrupt(int) { interrupts = 1; }

// Typed characters stay invisible until the end of the scope.
class EchoOff {
 public:
  EchoOff() {
    is_changed_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!is_changed_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~EchoOff() {
    if (is_changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  bool is_terminal() const { return is_changed_; }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

 private:
  termios before_{};
  bool is_changed_ = false;
};

// Until a line, or the end, can be read from the terminal, or Ctrl-C. A signal ends no read of a
// stream, and one that comes just before the wait is seen a moment later.
void wait_for_line(std::istream& in) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (!InterruptGuard::was_interrupted() && in.rdbuf()->in_avail() == 0) {
    if (::poll(&input, 1, kInterruptMs) > 0) return;
  }
}

// "1:05", "2:03:20".
std::string duration_text(int64_t seconds) {
  const auto two_digits = [](int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  const int64_t minutes = seconds / 60;
  if (minutes < 60) return std::to_string(minutes) + ":" + two_digits(seconds % 60);
  return std::to_string(minutes / 60) + ":" + two_digits(minutes % 60) + ":" +
         two_digits(seconds % 60);
}

}  // namespace

Terminal attached_terminal() {
  Terminal terminal;
  terminal.has_input = ::isatty(STDIN_FILENO) == 1;
  terminal.has_output = ::isatty(STDOUT_FILENO) == 1;
  terminal.has_errors = ::isatty(STDERR_FILENO) == 1;
  winsize size{};
  if (terminal.has_output && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.columns = std::max<size_t>(size.ws_col, kColumnsMin);
  }
  return terminal;
}

bool is_reader_gone() { return wait_while_read(0); }

bool wait_while_read(int64_t ms) {
  pollfd output{STDOUT_FILENO, 0, 0};
  return ::poll(&output, 1, static_cast<int>(ms)) == 1 && (output.revents & POLLERR) != 0;
}

Result<void> confirm(Context& context, std::string_view question, bool is_confirmed) {
  if (is_confirmed) return {};
  if (!context.terminal().has_input || !context.terminal().has_errors) {
    return fail(ErrorCode::kInvalidArgument,
                std::string(question) + " Nobody can be asked here: add --yes to do it");
  }
  context.err() << question << " [y/N] " << std::flush;
  std::string answer;
  if (!std::getline(context.in(), answer)) context.err() << '\n';  // nobody ended the line
  const std::string_view word = trim(answer);
  if (word == "y" || word == "Y" || word == "yes") return {};
  return fail(ErrorCode::kRefused, "nothing was done: the answer was not yes");
}

Result<std::string> read_secret(Context& context, std::string_view prompt) {
  std::string line;
  if (context.terminal().has_input && context.terminal().has_errors) {
    const InterruptGuard guard;  // Ctrl-C must not leave a terminal that shows nothing
    {
      const EchoOff echo_off;  // before the prompt, after which everything typed is the secret
      context.err() << prompt << ": " << std::flush;
      if (echo_off.is_terminal()) wait_for_line(context.in());
      if (!InterruptGuard::was_interrupted()) std::getline(context.in(), line);
    }
    context.err() << '\n';
    if (InterruptGuard::was_interrupted()) {
      return fail(ErrorCode::kInterrupted, "stopped at the prompt: nothing was changed");
    }
  } else {
    std::getline(context.in(), line);
  }
  const std::string_view secret = trim(line);
  if (secret.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                std::string(prompt) + ": standard input has none on its first line");
  }
  return std::string(secret);
}

// ---- Interrupts ---------------------------------------------------------------------------------

InterruptGuard::InterruptGuard() {
  if (guards++ > 0) return;
  interrupts = 0;
  struct sigaction remember {};
  remember.sa_handler = note_interrupt;
  for (size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals.at(i), &remember, &handlers_before.at(i));
  }
}

InterruptGuard::~InterruptGuard() {
  if (--guards > 0) return;
  for (size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals.at(i), &handlers_before.at(i), nullptr);
  }
}

bool InterruptGuard::was_interrupted() { return interrupts != 0; }

// ---- Progress -----------------------------------------------------------------------------------

Progress::Progress(Context& context, std::string label, std::string unit)
    : context_(context),
      label_(std::move(label)),
      unit_(std::move(unit)),
      begun_ms_(context.clock().steady_ms()) {}

Progress::~Progress() {
  if (is_drawn_) context_.err() << kWipeLine << std::flush;
}

bool Progress::show(int64_t done, int64_t total) {
  const int64_t now_ms = context_.clock().steady_ms();
  if (context_.terminal().has_errors && total > 0 && now_ms - drawn_ms_ >= kDrawMs) {
    drawn_ms_ = now_ms;
    is_drawn_ = true;
    draw(std::clamp<int64_t>(done, 0, total), total);
  }
  return !InterruptGuard::was_interrupted();
}

ProgressReport Progress::report() {
  return [this](int64_t done, int64_t total) { return show(done, total); };
}

void Progress::draw(int64_t done, int64_t total) {
  const double share = static_cast<double>(done) / static_cast<double>(total);
  const auto filled = static_cast<size_t>(share * static_cast<double>(kBarColumns));
  std::string bar;
  for (size_t i = 0; i < kBarColumns; ++i) bar += i < filled ? "█" : "░";
  std::string line = label_ + " " + bar + " " + std::to_string(static_cast<int>(share * 100)) + "%";
  const int64_t elapsed_ms = drawn_ms_ - begun_ms_;
  if (elapsed_ms >= kRateMs && done > 0) {
    const double per_ms = static_cast<double>(done) / static_cast<double>(elapsed_ms);
    const auto left_s = static_cast<int64_t>(static_cast<double>(total - done) / per_ms / 1000);
    line += "  " + format_count(static_cast<int64_t>(per_ms * 1000)) + " " + unit_ + "/s  " +
            duration_text(left_s) + " left";
  }
  context_.err() << kWipeLine << line << std::flush;
}

}  // namespace chatgate
