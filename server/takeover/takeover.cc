#include "server/takeover/takeover.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "common/control/control_address.h"
#include "common/control/control_client.h"
#include "common/log/log.h"
#include "common/store/open_store.h"

namespace chatgate {
namespace {

using Kind = LinkMessage::Kind;

constexpr int64_t kOfferMsMax = 10'000;
constexpr int64_t kStateMsMax = 60'000;
constexpr int64_t kGoMsMax = 20'000;
constexpr int64_t kWatchMs = 500;
constexpr int64_t kGoodbyeMsMax = 2'000;
constexpr auto kTryAgainPause = std::chrono::milliseconds(100);

tl::unexpected<Error> refuse(const std::string& why) {
  return fail(ErrorCode::kRefused, "the running gateway's place cannot be taken: " + why);
}

}  // namespace

Result<std::unique_ptr<Takeover>> Takeover::begin(const std::string& database_url) {
  const auto socket = connect_to_gateway(database_url);
  if (!socket) return tl::unexpected(socket.error());
  auto link = Link::make(*socket);
  if (!link) return tl::unexpected(std::move(link.error()));
  auto watch = ProcessWatch::start((*link)->peer_process());
  if (!watch) return refuse(watch.error().message);
  std::unique_ptr<Takeover> takeover(
      new Takeover(database_url, std::move(*link), std::move(*watch)));
  if (auto offered = takeover->take_offer(); !offered) return tl::unexpected(offered.error());
  return takeover;
}

Result<void> Takeover::take_offer() {
  link_->send_line(format_control_request(
      {.verb = ControlRequest::Verb::kTakeover, .protocol = kTakeoverProtocol}));
  const auto line = link_->receive_line(kOfferMsMax);
  if (!line) return refuse(line.error().message);
  if (!*line) return refuse("it has broken the connection off");
  auto offer = parse_link_message(**line);
  if (!offer) {
    const auto answer = parse_control_line(**line);
    return refuse(answer ? "its answer is not understood" : answer.error().message);
  }
  if (offer->kind == Kind::kAbort) return refuse(offer->reason);
  auto descriptors = link_->take_descriptors();
  if (offer->kind != Kind::kOffer || descriptors.size() != offer->sockets.size() + 1) {
    for (const int descriptor : descriptors) ::close(descriptor);
    return refuse("its answer is not understood");
  }
  lane_ = offer->lane;
  lock_file_ = descriptors.front();
  for (size_t i = 0; i < offer->sockets.size(); ++i) {
    offered_.push_back({std::move(offer->sockets[i]), descriptors[i + 1]});
  }
  return {};
}

Takeover::~Takeover() {
  leave();
  if (lock_file_ >= 0) ::close(lock_file_);
  for (const auto& offered : offered_) ::close(offered.descriptor);
}

void Takeover::leave() {
  is_leaving_ = true;
  link_->wake();
  if (thread_.joinable()) thread_.join();
}

Result<std::unique_ptr<ServeLock>> Takeover::lock() {
  return adopt_serve_lock(database_url_, std::exchange(lock_file_, -1));
}

SocketsByName Takeover::sockets(const Config& config) {
  SocketsByName sockets;
  const auto addresses = Listeners::addresses_of(config);
  std::erase_if(offered_, [&](const Offered& offered) {
    const auto& socket = offered.socket;
    const auto wanted = addresses.find(socket.name);
    const bool is_wanted =
        wanted != addresses.end() && (socket.is_activated || wanted->second == socket.configured ||
                                      wanted->second == socket.bound);
    if (is_wanted && !sockets.contains(socket.name)) {
      sockets.emplace(socket.name, InheritedSocket{offered.descriptor, socket.is_activated});
      taken_.push_back(socket.name);
    } else {
      ::close(offered.descriptor);
    }
    return true;
  });
  return sockets;
}

// A message, or why none comes.
Result<LinkMessage> Takeover::receive(int64_t timeout_ms) {
  for (;;) {
    auto received = link_->receive(timeout_ms);
    if (!received && received.error().code == ErrorCode::kInterrupted) {
      if (is_leaving_) return tl::unexpected(std::move(received.error()));
      continue;
    }
    if (!received) return tl::unexpected(std::move(received.error()));
    if (!*received) {
      is_link_over_ = true;
      return refuse("it has gone");
    }
    if ((*received)->kind == Kind::kAbort) return refuse((*received)->reason);
    return std::move(**received);
  }
}

Result<void> Takeover::complete(Books& books, std::function<void()> on_change) {
  books_ = &books;
  on_change_ = std::move(on_change);
  holds_ = std::make_unique<ForeignHolds>(books.ledger);
  link_->send({.kind = Kind::kReady, .names = taken_});
  auto taken = take_state();
  if (!taken && is_link_over_) taken = inherit();
  if (!taken) return taken;
  if (auto named = books.lock().sign(); !named) {
    log::warn("lock_not_signed", {{"reason", std::string_view(named.error().message)}});
  }
  log::info("took_over", {{"process", int64_t{predecessor()}},
                          {"holds", static_cast<int64_t>(holds_->open().size())}});
  if (has_died_) {
    is_gone_ = true;
    return {};
  }
  thread_ = std::thread([this] { serve_predecessor(); });
  return {};
}

Result<void> Takeover::take_state() {
  std::vector<UserId> charged;
  std::vector<Hold> holds;
  for (;;) {
    auto message = receive(kStateMsMax);
    if (!message) return tl::unexpected(std::move(message.error()));
    if (message->kind == Kind::kCharged) {
      charged.insert(charged.end(), message->users.begin(), message->users.end());
    } else if (message->kind == Kind::kHolds) {
      holds.insert(holds.end(), message->holds.begin(), message->holds.end());
    } else if (message->kind == Kind::kState) {
      books_->request_ids.continue_after(message->last_id);
      break;
    } else {
      return refuse("its answer is not understood");
    }
  }
  if (auto applied = apply(charged, holds); !applied) {
    link_->send({.kind = Kind::kAbort, .reason = applied.error().message});
    link_->flush(kGoodbyeMsMax);
    return applied;
  }
  link_->send({.kind = Kind::kAccepted});
  const auto go = receive(kGoMsMax);
  if (!go) return tl::unexpected(go.error());
  return go->kind == Kind::kGo ? Result<void>() : refuse("its answer is not understood");
}

// Nothing is admitted there at this moment, so what is read here is what is.
Result<void> Takeover::apply(const std::vector<UserId>& charged, const std::vector<Hold>& holds) {
  auto read = on_writer([&](Store&) {
    return books_->writer->refresh().and_then(
        [&] { return books_->writer->read_accounts(charged); });
  });
  if (!read) return read;
  for (const auto& hold : holds) {
    if (auto adopted = holds_->adopt(hold); !adopted) return adopted;
  }
  return {};
}

Result<void> Takeover::on_writer(const std::function<Result<void>(Store&)>& work) {
  std::promise<Result<void>> done;
  books_->writer->post([&](Store& store) { done.set_value(work(store)); });
  return done.get_future().get();
}

// The predecessor has died before it was done: then this is a start like any other.
Result<void> Takeover::inherit() {
  if (!watch_->has_ended(kGoodbyeMsMax)) return refuse("it does not answer");
  has_died_ = true;
  log::warn("predecessor_died", {{"process", int64_t{predecessor()}}});
  sweep_predecessor();
  return {};
}

void Takeover::serve_predecessor() {
  for (;;) {
    auto message = receive(-1);
    if (!message && is_leaving_) {
      link_->flush(kGoodbyeMsMax);
      link_->send({.kind = Kind::kBye});
      link_->flush(kGoodbyeMsMax);
      return;
    }
    if (!message || message->kind == Kind::kBye) {
      log::info(message ? "predecessor_has_finished" : "predecessor_died",
                {{"process", int64_t{predecessor()}}});
      return let_go();
    }
    if (message->kind == Kind::kEnded) {
      end_holds(std::move(message->holds));
    } else {
      answer(std::move(*message));
    }
  }
}

void Takeover::answer(LinkMessage question) {
  LinkMessage answer{.kind = Kind::kAnswer, .number = question.number};
  const Hold& wanted = question.hold;
  Result<void> outcome;
  answer.hold.user_id = wanted.user_id;
  if (question.kind == Kind::kReserve) {
    outcome = reserve(wanted).map([&](const Hold& hold) { answer.hold = hold; });
  } else if (question.kind == Kind::kCouldReserve) {
    const bool could =
        books_->ledger.could_reserve(wanted.request_id, wanted.user_id, wanted.amount);
    if (!could) outcome = fail(ErrorCode::kInsufficientQuota, "");
  } else if (question.kind == Kind::kAvailable) {
    answer.hold.amount = books_->ledger.available(wanted.user_id);
  } else if (question.kind == Kind::kFix) {
    outcome = holds_->fix_charge(wanted.request_id, wanted.amount).map([&](const Charge& charge) {
      answer.hold.amount = charge.charged;
    });
  } else {
    return;
  }
  if (!outcome) answer.error = std::move(outcome.error());
  link_->send(answer);
}

// An account that was made a moment ago may be known there and not here yet.
Result<Hold> Takeover::reserve(const Hold& wanted) {
  auto hold = holds_->reserve(wanted.request_id, wanted.user_id, wanted.amount);
  if (hold || hold.error().code != ErrorCode::kNotFound) return hold;
  auto read = on_writer([&](Store&) { return books_->writer->read_accounts({wanted.user_id}); });
  if (!read) return hold;
  return holds_->reserve(wanted.request_id, wanted.user_id, wanted.amount);
}

// Their charges are durable: each account is read before what was held of it is free again.
void Takeover::end_holds(std::vector<Hold> holds) {
  books_->writer->post([this, holds = std::move(holds)](Store&) mutable {
    std::vector<UserId> users;
    std::vector<RequestId> requests;
    for (const auto& hold : holds) {
      users.push_back(hold.user_id);
      requests.push_back(hold.request_id);
    }
    std::ranges::sort(users);
    const auto repeated = std::ranges::unique(users);
    users.erase(repeated.begin(), repeated.end());
    if (books_->writer->read_accounts(users)) return holds_->release(requests);
    if (is_leaving_) return;
    std::this_thread::sleep_for(kTryAgainPause);
    end_holds(std::move(holds));
  });
}

// It may say goodbye, or its connection may break, a moment before it is gone.
void Takeover::let_go() {
  link_->shut();
  while (!watch_->has_ended(kWatchMs)) {
    if (is_leaving_) return;
  }
  sweep_predecessor();
  if (is_leaving_) return;
  if (const auto path = control_path_of(database_url_)) {
    ::unlink(aside_path_of(*path, predecessor()).c_str());
  }
  is_gone_ = true;
  on_change_();
}

void Takeover::sweep_predecessor() {
  const auto sweep = [&](Store& store) -> Result<void> {
    auto swept = store.sweep_holds_of_lane(1 - lane_, system_clock().now());
    if (!swept) return tl::unexpected(swept.error());
    if (*swept > 0) log::warn("interrupted_requests_swept", {{"count", *swept}});
    return books_->writer->read_all_accounts();
  };
  while (!is_leaving_) {
    const auto swept = on_writer(sweep);
    if (swept) break;
    log::error("cannot_sweep", {{"reason", std::string_view(swept.error().message)}});
    std::this_thread::sleep_for(kTryAgainPause);
  }
  if (is_leaving_) return;
  std::vector<RequestId> left;
  for (const auto& hold : holds_->open()) left.push_back(hold.request_id);
  holds_->release(left);
}

void Takeover::stop_predecessor() {
  if (!is_gone_) link_->send({.kind = Kind::kStop});
}

Result<std::vector<RunningRequest>> Takeover::inflight(const ControlRequest& request) const {
  const auto path = control_path_of(database_url_);
  if (!path) return tl::unexpected(path.error());
  return ask_gateway_at(aside_path_of(*path, predecessor()), request);
}

}  // namespace chatgate
