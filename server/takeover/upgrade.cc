#include "server/takeover/upgrade.h"

#include <algorithm>
#include <csignal>
#include <iterator>
#include <utility>

#include "common/log/log.h"
#include "common/store/open_store.h"
#include "server/signals.h"
#include "server/supervisor.h"

namespace chatgate {
namespace {

constexpr int64_t kIdleMs = 60'000;
constexpr int64_t kBusyMs = 50;
constexpr int64_t kNextLoadsMsMax = 300'000;

}  // namespace

Result<std::unique_ptr<ServeLock>> Upgrade::take_lock(const std::string& database_url,
                                                      bool may_take_over) {
  auto lock = acquire_serve_lock(database_url);
  if (lock || !may_take_over || lock.error().code != ErrorCode::kRefused) return lock;
  auto takeover = Takeover::begin(database_url);
  if (!takeover) return tl::unexpected(std::move(takeover.error()));
  takeover_ = std::move(*takeover);
  return takeover_->lock();
}

std::optional<int64_t> Upgrade::lane() const {
  return takeover_ ? std::optional(takeover_->lane()) : std::nullopt;
}

SocketsByName Upgrade::sockets(const Config& config, SocketsByName given) {
  if (takeover_) given.merge(takeover_->sockets(config));
  return given;
}

Result<void> Upgrade::take_place(Books& books) {
  return takeover_ ? takeover_->complete(books, wake_main_thread) : Result<void>();
}

void Upgrade::serve(HandoverParts parts) {
  handover_ = std::make_unique<Handover>(std::move(parts));
}

ControlHandler Upgrade::with_predecessor(ControlHandler own) {
  return [this, own = std::move(own)](const ControlRequest& request) {
    auto answer = own(request);
    const bool is_kill = request.verb == ControlRequest::Verb::kKill;
    const bool is_unknown = !answer && answer.error().code == ErrorCode::kNotFound;
    if (!has_predecessor() || (is_kill ? !is_unknown : !answer)) return answer;
    // One that is just ending is no fault of this one.
    auto theirs = takeover_->inflight(request);
    if (!theirs) return answer;
    if (is_kill) return theirs;
    std::move(theirs->begin(), theirs->end(), std::back_inserter(*answer));
    std::ranges::sort(*answer, {}, &RunningRequest::id);
    return answer;
  };
}

TakeoverHandler Upgrade::takeover_handler() {
  return [this](int socket, const ControlRequest& request) {
    handover_->begin(socket, refusal(request));
  };
}

std::string Upgrade::refusal(const ControlRequest& request) const {
  if (request.protocol != kTakeoverProtocol) {
    return "the two versions do not understand each other: stop the running one first";
  }
  if (is_retired()) return "another process has taken over already";
  if (has_predecessor()) {
    return "process " + std::to_string(takeover_->predecessor()) +
           ", whose place it has taken, still finishes its requests: try again when that has ended";
  }
  return "";
}

void Upgrade::use_control(ControlServer* control) { handover_->use_control(control); }

int64_t Upgrade::look_again_ms() const {
  return is_retired() || next_.is_running() ? kBusyMs : kIdleMs;
}

void Upgrade::look(int signal) {
  look_after_next();
  if (signal == SIGUSR2) owes_next_ = true;
  if (!owes_next_) return;
  if (has_predecessor()) {
    if (signal == SIGUSR2) {
      log::warn("upgrade_waits", {{"for_process", int64_t{takeover_->predecessor()}}});
    }
    return;
  }
  owes_next_ = false;
  start_next();
}

void Upgrade::start_next() {
  const bool is_under_way = next_.is_running() || handover_->successor() != 0 || is_retired();
  if (is_under_way) {
    const int64_t process = handover_->successor() != 0 ? handover_->successor() : next_.process();
    return log::warn("upgrade_is_under_way", {{"process", process}});
  }
  if (auto started = next_.start(); !started) {
    return log::error("upgrade_failed", {{"reason", std::string_view(started.error().message)}});
  }
  next_started_ms_ = system_clock().steady_ms();
  log::info("upgrade_begins", {{"process", int64_t{next_.process()}}});
}

// The process that was started here: whatever becomes of it, this one goes on.
void Upgrade::look_after_next() {
  const int process = next_.process();
  if (const auto end = next_.take_end()) {
    log::error("upgrade_failed",
               {{"process", int64_t{process}}, {"reason", std::string_view(*end)}});
    return;
  }
  const bool is_late = system_clock().steady_ms() - next_started_ms_ > kNextLoadsMsMax;
  if (next_.is_running() && !is_retired() && is_late) ::kill(process, SIGKILL);
}

void Upgrade::stop() {
  if (!is_retired()) tell_supervisor_stopping();
  handover_->stop();
  if (has_predecessor()) takeover_->stop_predecessor();
}

void Upgrade::prepare_end() {
  handover_->prepare_end();
  if (takeover_) takeover_->leave();
}

void Upgrade::end() {
  handover_->end();
  handover_.reset();
  takeover_.reset();
}

}  // namespace chatgate
