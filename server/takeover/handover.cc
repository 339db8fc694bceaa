#include "server/takeover/handover.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <future>

#include "common/control/control_protocol.h"
#include "common/log/log.h"
#include "server/control/control_server.h"
#include "server/pipeline/running_jobs.h"

namespace chatgate {
namespace {

using Kind = LinkMessage::Kind;

constexpr int64_t kCollectMsMax = 5'000;
constexpr int64_t kAcceptedMsMax = 8'000;
constexpr int64_t kDeathMsMax = 10'000;
constexpr int64_t kReadAgainMs = 500;
constexpr int64_t kGoodbyeMsMax = 2'000;
constexpr int64_t kPollMs = 10;

void answer_with_error(int socket, std::string message) {
  const auto line = format_control_error({ErrorCode::kRefused, std::move(message)});
  [[maybe_unused]] const ssize_t sent =
      ::send(socket, line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::close(socket);
}

// What several threads hand in for one that waits, which may have given up.
struct Gathered {
  std::mutex mutex;
  std::condition_variable has_more;
  size_t parts = 0;
  std::vector<Hold> holds;

  void add(std::vector<Hold> more) {
    {
      const std::lock_guard lock(mutex);
      holds.insert(holds.end(), more.begin(), more.end());
      ++parts;
    }
    has_more.notify_one();
  }
  bool wait_for(size_t wanted, int64_t timeout_ms) {
    std::unique_lock lock(mutex);
    return has_more.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                             [&] { return parts >= wanted; });
  }
};

// The list in pieces that fit a message.
template <class T, class Send>
void send_in_pieces(const std::vector<T>& list, const Send& send) {
  for (size_t begin = 0; begin < list.size(); begin += kLinkListMax) {
    const size_t end = std::min(begin + kLinkListMax, list.size());
    send(std::vector<T>(list.begin() + static_cast<ptrdiff_t>(begin),
                        list.begin() + static_cast<ptrdiff_t>(end)));
  }
}

void tell_ends(Link& link, const std::vector<Hold>& holds) {
  send_in_pieces(holds, [&](std::vector<Hold> piece) {
    link.send({.kind = Kind::kEnded, .holds = std::move(piece)});
  });
}

}  // namespace

Handover::Handover(HandoverParts parts)
    : parts_(std::move(parts)), successor_ledger_(parts_.books.ledger) {}

Handover::~Handover() {
  if (thread_.joinable()) thread_.join();
}

void Handover::use_control(ControlServer* control) {
  const std::lock_guard lock(mutex_);
  control_ = control;
}

void Handover::begin(int socket, const std::string& refusal) {
  std::unique_lock lock(mutex_);
  if (!refusal.empty()) return answer_with_error(socket, refusal);
  if (is_stopping_) return answer_with_error(socket, "the running gateway is stopping");
  if (is_busy_) {
    return answer_with_error(socket, "another process is taking over already (process " +
                                         std::to_string(successor_.load()) + ")");
  }
  auto link = Link::make(socket);
  if (!link)
    return log::warn("takeover_failed", {{"reason", std::string_view(link.error().message)}});
  auto watch = ProcessWatch::start((*link)->peer_process());
  if (!watch) {
    return (*link)->send({.kind = Kind::kAbort, .reason = watch.error().message});
  }
  is_busy_ = true;
  lock.unlock();
  if (thread_.joinable()) thread_.join();  // the one before has come to its end
  lock.lock();
  link_ = std::move(*link);
  watch_ = std::move(*watch);
  successor_ = watch_->process_id();
  thread_ = std::thread([this] { converse(); });
}

void Handover::converse() {
  log::info("takeover_begins", {{"process", int64_t{successor_.load()}}});
  auto done = prepare();
  if (done) done = hand_over();
  if (done) return serve_retired();
  if (is_stopping_) done.error().message = "the running gateway is stopping";
  log::warn("takeover_failed", {{"process", int64_t{successor_.load()}},
                                {"reason", std::string_view(done.error().message)}});
  link_->send({.kind = Kind::kAbort, .reason = done.error().message});
  link_->flush(kGoodbyeMsMax);
  resume();
  successor_ = 0;
  forget_link();
  parts_.on_change();
}

// A message, or why none comes.
Result<LinkMessage> Handover::receive(int64_t timeout_ms) {
  for (;;) {
    if (is_stopping_ && stage_ == Stage::kServing) {
      return fail(ErrorCode::kInterrupted, "the running gateway is stopping");
    }
    if (is_ending_) return fail(ErrorCode::kInterrupted, "the end");
    auto received = link_->receive(timeout_ms);
    if (!received && received.error().code == ErrorCode::kInterrupted) continue;
    if (!received) return tl::unexpected(std::move(received.error()));
    if (!*received) return fail(ErrorCode::kSystem, "the other process has gone");
    if ((*received)->kind == Kind::kAbort) {
      return fail(ErrorCode::kSystem, "the other process says: " + (*received)->reason);
    }
    return std::move(**received);
  }
}

int64_t Handover::lane_of_successor() const { return 1 - parts_.books.request_ids.lane(); }

// The successor loads. It has the sockets and the lock from the start, so that nothing can fail
// later, and should this process die meanwhile it has all that it needs.
Result<void> Handover::prepare() {
  {
    const std::lock_guard lock(mutex_);
    is_listing_charges_ = true;
  }
  parts_.books.writer->tell_ends_to(this);
  LinkMessage offer{.kind = Kind::kOffer, .lane = lane_of_successor()};
  std::vector<int> descriptors{parts_.books.lock().file()};
  for (const auto& socket : parts_.listeners.sockets()) {
    offer.sockets.push_back({socket.name, socket.configured, socket.bound, socket.is_activated});
    descriptors.push_back(socket.descriptor);
  }
  link_->send(offer, descriptors);
  auto ready = receive(-1);
  if (!ready) return tl::unexpected(std::move(ready.error()));
  if (ready->kind != Kind::kReady) {
    return fail(ErrorCode::kInvalidRequest, "the other process says what is not understood");
  }
  parts_.listeners.note_taken(ready->names);
  return {};
}

Result<void> Handover::hand_over() {
  if (is_stopping_) return fail(ErrorCode::kInterrupted, "the running gateway is stopping");
  held_since_ms_ = system_clock().steady_ms();
  successor_ledger_.hold_questions();
  parts_.books.reservations.divert(&successor_ledger_);
  {
    const std::lock_guard lock(mutex_);
    is_listing_ends_ = true;
  }
  parts_.listeners.pause();
  auto holds = collect_holds();
  if (!holds) return tl::unexpected(std::move(holds.error()));
  tell_state(*holds);
  auto accepted = receive(kAcceptedMsMax);
  if (!accepted) return tl::unexpected(std::move(accepted.error()));
  if (accepted->kind != Kind::kAccepted) {
    return fail(ErrorCode::kInvalidRequest, "the other process says what is not understood");
  }
  go();
  return {};
}

// A hold is a running job's until its request hands it to the writer, without a wait in between. So
// whoever looks at all loops first and at the writer then misses none, and meets some twice.
Result<std::vector<Hold>> Handover::collect_holds() {
  const auto gathered = std::make_shared<Gathered>();
  for (auto* context : parts_.contexts) {
    context->loop.post([gathered, context] { gathered->add(holds_of_jobs(*context)); });
  }
  const size_t loops = parts_.contexts.size();
  bool is_whole = gathered->wait_for(loops, kCollectMsMax);
  if (is_whole) {
    auto* writer = parts_.books.writer.get();
    writer->post([gathered, writer](Store&) { gathered->add(writer->unsettled()); });
    is_whole = gathered->wait_for(loops + 1, kCollectMsMax);
  }
  if (!is_whole) {
    return fail(ErrorCode::kOverloaded, "the running gateway is too busy: try again");
  }
  std::unordered_set<RequestId> known;
  std::vector<Hold> holds;
  for (const auto& hold : gathered->holds) {
    if (known.insert(hold.request_id).second) holds.push_back(hold);
  }
  return holds;
}

void Handover::tell_state(const std::vector<Hold>& holds) {
  std::vector<UserId> charged;
  {
    const std::lock_guard lock(mutex_);
    charged.assign(charged_.begin(), charged_.end());
    charged_.clear();
    is_listing_charges_ = false;
  }
  send_in_pieces(charged, [&](std::vector<UserId> piece) {
    link_->send({.kind = Kind::kCharged, .users = std::move(piece)});
  });
  send_in_pieces(holds, [&](std::vector<Hold> piece) {
    link_->send({.kind = Kind::kHolds, .holds = std::move(piece)});
  });
  link_->send({.kind = Kind::kState, .last_id = parts_.books.request_ids.last()});
}

void Handover::go() {
  {
    const std::lock_guard lock(mutex_);
    if (control_ != nullptr) control_->step_aside();
    link_->send({.kind = Kind::kGo});
    tell_ends(*link_, ended_);
    ended_.clear();
    is_listing_ends_ = false;
    is_telling_ends_ = true;
  }
  successor_ledger_.ask_over(*link_);
  parts_.listeners.retire();
  enter(Stage::kRetired);
}

void Handover::ended(const std::vector<Hold>& holds) {
  const std::lock_guard lock(mutex_);
  if (is_listing_charges_) {
    for (const auto& hold : holds) charged_.insert(hold.user_id);
  }
  if (is_listing_ends_) ended_.insert(ended_.end(), holds.begin(), holds.end());
  if (is_telling_ends_ && link_) tell_ends(*link_, holds);
}

void Handover::serve_retired() {
  log::info("handed_over", {{"process", int64_t{successor_.load()}},
                            {"held_up_ms", system_clock().steady_ms() - held_since_ms_}});
  for (;;) {
    const auto message = receive(-1);
    if (!message && is_ending_) {
      link_->flush(kGoodbyeMsMax);
      link_->send({.kind = Kind::kBye});
      link_->flush(kGoodbyeMsMax);
      return forget_link();
    }
    if (!message) break;
    if (message->kind == Kind::kAnswer) successor_ledger_.take_answer(*message);
    if (message->kind == Kind::kStop || message->kind == Kind::kBye) {
      was_told_to_stop_ = true;
      parts_.on_change();
    }
    if (message->kind == Kind::kBye) return be_alone();
  }
  take_back();
}

// Nothing has happened but that no request was admitted for a moment.
void Handover::resume() {
  {
    const std::lock_guard lock(books_mutex_);
    if (!is_stopping_) parts_.books.writer->tell_ends_to(nullptr);
  }
  {
    const std::lock_guard lock(mutex_);
    is_listing_charges_ = is_listing_ends_ = is_telling_ends_ = false;
    charged_.clear();
    ended_.clear();
  }
  parts_.books.reservations.divert(nullptr);
  successor_ledger_.decide_here();
  const std::lock_guard lock(books_mutex_);
  if (!is_stopping_) parts_.listeners.resume();
}

// The successor has died. What it has booked stands in the database, what it had only reserved is
// free again, and what this process has reserved its ledger still holds.
void Handover::take_back() {
  log::error("successor_died", {{"process", int64_t{successor_.load()}}});
  successor_ledger_.hold_questions();
  if (!parts_.listeners.are_all_taken()) return be_alone();  // the others are closed
  if (!watch_->has_ended(kDeathMsMax)) {
    log::error("successor_is_lost", {{"process", int64_t{successor_.load()}}});
    return be_alone();
  }
  while (!is_stopping_) {
    const auto read = read_books_again();
    if (read) break;
    log::error("cannot_take_back", {{"reason", std::string_view(read.error().message)}});
    std::this_thread::sleep_for(std::chrono::milliseconds(kReadAgainMs));
  }
  if (is_stopping_) return be_alone();
  parts_.books.lock().sign();
  {
    const std::lock_guard lock(mutex_);
    if (control_ != nullptr) control_->step_back();
  }
  resume();
  successor_ = 0;
  forget_link();
  log::warn("serving_again");
  enter(Stage::kServing);
}

Result<void> Handover::read_books_again() {
  const std::lock_guard lock(books_mutex_);
  if (is_stopping_) return {};
  auto* writer = parts_.books.writer.get();
  std::promise<Result<void>> done;
  writer->post([&](Store& store) {
    auto last = store.sweep_holds_of_lane(lane_of_successor(), system_clock().now())
                    .and_then([&](int64_t) { return store.last_request_id(); })
                    .and_then([&](RequestId id) {
                      return writer->read_all_accounts().map([&] { return id; });
                    });
    if (last) parts_.books.request_ids.continue_after(*last);
    done.set_value(last.map([](RequestId) {}));
  });
  return done.get_future().get();
}

void Handover::be_alone() {
  successor_ledger_.refuse();
  {
    const std::lock_guard lock(mutex_);
    is_telling_ends_ = false;
  }
  {
    const std::lock_guard lock(books_mutex_);
    if (!is_stopping_) parts_.listeners.stop_listening();
  }
  enter(Stage::kAlone);
}

void Handover::enter(Stage stage) {
  stage_ = stage;
  parts_.on_change();
}

void Handover::forget_link() {
  const std::lock_guard lock(mutex_);
  is_telling_ends_ = false;
  link_.reset();
  is_busy_ = false;
}

void Handover::stop() {
  is_stopping_ = true;
  const std::lock_guard lock(mutex_);
  if (link_) link_->wake();
}

void Handover::prepare_end() {
  stop();
  const auto is_over = [this] {
    const std::lock_guard lock(mutex_);
    return !is_busy_ || stage_ != Stage::kServing;
  };
  while (!is_over()) std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
  const std::lock_guard lock(books_mutex_);  // what reads them again comes to its end
}

void Handover::end() {
  is_ending_ = true;
  {
    const std::lock_guard lock(mutex_);
    if (link_) link_->wake();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace chatgate
