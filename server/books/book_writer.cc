#include "server/books/book_writer.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <limits>
#include <utility>

#include "common/log/log.h"
#include "server/metrics/stopwatch.h"
#include "server/transport/coroutine.h"

namespace chatgate {
namespace {

// How stale the view of other processes' changes may be; the promise is one second.
constexpr int64_t kRefreshMs = 250;
// A commit that fails is tried again this often, this far apart, before its requests are failed.
constexpr int kCommitAttempts = 5;
// When at least this many requests are under way, commits wait for company, so often for so long.
constexpr int64_t kBusyHolds = 16;
constexpr int kGatherTurnsMax = 4;
constexpr auto kGatherTime = std::chrono::microseconds(300);
// How long a hold may go without its row, in case it is settled meanwhile.
constexpr int64_t kYoungMs = 200;
constexpr auto kCommitPause = std::chrono::milliseconds(100);
// After that nothing is written for this long, doubling with each failure: what little a full disk
// gives back now and then must not let requests through that will fail at their end.
constexpr int64_t kPauseMs = 1'000;
constexpr int64_t kPauseMsMax = 16'000;

}  // namespace

BookWriter::BookWriter(std::unique_ptr<Store> store, Ledger& ledger, Directory& directory)
    : store_(std::move(store)),
      ledger_(ledger),
      directory_(directory),
      metrics_([this](std::string_view model) { return directory_.has_price(model); }) {}

BookWriter::~BookWriter() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_up_.notify_one();
  thread_.join();
}

Result<void> BookWriter::start() {
  if (auto noted = store_->changed_elsewhere(); !noted) return tl::unexpected(noted.error());
  if (auto filled = refresh(); !filled) return filled;
  thread_ = std::thread([this] { run(); });
  return {};
}

void BookWriter::open_hold(const Hold& hold) {
  std::unique_lock lock(mutex_);
  queue_.opened.push_back(hold);
  // Left for the group that the request's own settlement, or the next refresh, brings about.
}

Result<void> BookWriter::settle(Settlement settlement) {
  auto* coroutine = Coroutine::current();
  assert(coroutine != nullptr);
  Event event;
  bool is_durable = false;
  push(std::move(settlement), {&coroutine->loop(), &event, &is_durable});
  event.wait();
  if (!is_durable) {
    return fail(ErrorCode::kStoreUnavailable,
                "the books cannot be written at the moment; nothing was charged, try again later");
  }
  return {};
}

int64_t BookWriter::queued_settlements() {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(queue_.settled.size()) + unwritten_.load(std::memory_order_relaxed);
}

void BookWriter::settle_detached(Settlement settlement) { push(std::move(settlement), {}); }

void BookWriter::push(Settlement settlement, const Ticket& ticket) {
  std::unique_lock lock(mutex_);
  queue_.settled.push_back(std::move(settlement));
  queue_.tickets.push_back(ticket);
  wake_up(lock);
}

Result<void> BookWriter::administer(std::function<Result<void>(Store&)> change) {
  auto* coroutine = Coroutine::current();
  assert(coroutine != nullptr);
  Event event;
  Result<void> result;
  {
    std::unique_lock lock(mutex_);
    queue_.changes.push_back({std::move(change), &coroutine->loop(), &event, &result});
    wake_up(lock);
  }
  event.wait();
  return result;
}

void BookWriter::post(std::function<void(Store&)> task) {
  std::unique_lock lock(mutex_);
  queue_.tasks.push_back(std::move(task));
  wake_up(lock);
}

// Leaves the lock open if somebody was to be woken.
void BookWriter::wake_up(std::unique_lock<std::mutex>& lock) {
  if (!is_waiting_) return;
  is_waiting_ = false;
  lock.unlock();
  wake_up_.notify_one();
}

void BookWriter::run() {
  Queue queue;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (!queue_.is_waited_for() && !is_stopping_) {
        is_waiting_ = true;
        wake_up_.wait_for(lock, std::chrono::milliseconds(kRefreshMs),
                          [this] { return queue_.is_waited_for() || is_stopping_; });
        is_waiting_ = false;
      }
      gather(lock);
      if (is_stopping_ && queue_.empty()) break;
      std::swap(queue, queue_);
      unwritten_ = static_cast<int64_t>(queue.settled.size() + backlog_.settled.size());
    }
    const BookBatch batch = next_batch(queue);
    if (!batch.empty() || !is_healthy()) commit(batch, queue.tickets);
    unwritten_ = static_cast<int64_t>(backlog_.settled.size());
    queue.tickets.clear();
    if (!queue.changes.empty()) make_changes(std::exchange(queue.changes, {}));
    for (const auto& task : std::exchange(queue.tasks, {})) task(*store_);
    recover();
    refresh_if_due();
  }
  paused_until_ms_ = 0;  // the last chance for what could not be booked so far
  if (const BookBatch rest = next_batch(queue); !rest.empty()) commit(rest, {});
}

// With many requests under way more settlements follow within moments, and a commit costs as much
// for one as for dozens. When half of all requests wait for it, waiting longer would leave the
// loops without work.
void BookWriter::gather(std::unique_lock<std::mutex>& lock) {
  for (int turn = 0; turn < kGatherTurnsMax; ++turn) {
    const auto waiting = static_cast<int64_t>(queue_.settled.size());
    if (waiting == 0 || ledger_.open_holds() < std::max(kBusyHolds, waiting * 2)) return;
    lock.unlock();
    std::this_thread::sleep_for(kGatherTime);
    lock.lock();
  }
}

// What is handed in now comes last, so that its settlements stand beside their tickets.
BookBatch BookWriter::next_batch(Queue& queue) {
  BookBatch batch = std::exchange(backlog_, {});
  take_holds(queue, batch);
  std::move(queue.settled.begin(), queue.settled.end(), std::back_inserter(batch.settled));
  queue.opened.clear();
  queue.settled.clear();
  return batch;
}

// The store never writes a hold that is settled in its own group. So a young one waits here for
// its settlement, and only those of requests that take their time become rows.
void BookWriter::take_holds(const Queue& queue, BookBatch& batch) {
  const int64_t now_ms = system_clock().steady_ms();
  for (const auto& hold : queue.opened) young_.emplace(hold.request_id, YoungHold{hold, now_ms});
  for (const auto& settlement : queue.settled) {
    if (auto young = young_.extract(settlement.hold.request_id)) {
      batch.opened.push_back(young.mapped().hold);
    }
  }
  while (!young_.empty() && young_.begin()->second.opened_ms < now_ms - kYoungMs) {
    batch.opened.push_back(young_.begin()->second.hold);
    young_.erase(young_.begin());
  }
}

void BookWriter::commit(const BookBatch& batch, const std::vector<Ticket>& tickets) {
  const auto outcome = try_commit(batch);
  const bool has_company = batch.settled.size() > 1 || !batch.opened.empty();
  if (outcome == Outcome::kRefused && !batch.settled.empty() && has_company) {
    return commit_singly(batch, tickets);
  }
  end_holds(batch, tickets, outcome);
  if (outcome == Outcome::kUnavailable) give_up(batch, tickets);
  if (outcome == Outcome::kRefused) release(batch);
  wake(tickets, outcome == Outcome::kDurable);
}

// A hold ends in the ledger when its charge is durable or its request has failed. The charge of a
// request that nobody waits for stays reserved until it is booked.
void BookWriter::end_holds(const BookBatch& batch, const std::vector<Ticket>& tickets,
                           Outcome outcome) {
  const size_t first = batch.settled.size() - tickets.size();
  std::vector<const Settlement*> booked;
  EndWatcher* watcher = end_watcher_.load();
  std::vector<Hold> ended;
  for (size_t i = 0; i < batch.settled.size(); ++i) {
    const auto& settlement = batch.settled[i];
    const bool is_waited_for = i >= first && tickets[i - first].loop != nullptr;
    const bool is_kept = outcome == Outcome::kUnavailable && !is_waited_for;
    const bool has_ended_before = i < first && !settlement.usage;
    if (is_kept || has_ended_before) continue;
    if (outcome == Outcome::kDurable && settlement.usage) {
      assert(settlement.usage->cost == settlement.hold.amount);
      ledger_.committed(settlement.hold);
      booked.push_back(&settlement);
    } else {
      ledger_.released(settlement.hold);
    }
    if (watcher != nullptr) ended.push_back(settlement.hold);
  }
  if (!booked.empty()) metrics_.count_booked(booked);
  if (!ended.empty()) watcher->ended(ended);
}

// A settlement that the store will never take must not take its group with it.
void BookWriter::commit_singly(const BookBatch& batch, const std::vector<Ticket>& tickets) {
  BookBatch holds;
  for (const auto& hold : batch.opened) {
    const bool is_over = std::any_of(
        batch.settled.begin(), batch.settled.end(),
        [&](const auto& settlement) { return settlement.hold.request_id == hold.request_id; });
    if (!is_over) holds.opened.push_back(hold);
  }
  if (!holds.empty()) commit(holds, {});
  const size_t first = batch.settled.size() - tickets.size();
  for (size_t i = 0; i < batch.settled.size(); ++i) {
    std::vector<Ticket> ticket;
    if (i >= first) ticket.push_back(tickets[i - first]);
    commit({{}, {batch.settled[i]}}, ticket);
  }
}

// Ends the holds of a batch without booking anything else.
void BookWriter::release(BookBatch batch) {
  for (auto& settlement : batch.settled) settlement.usage.reset();
  batch.opened.clear();
  if (try_commit(batch) == Outcome::kUnavailable) give_up(std::move(batch), {});
}

// Whether the store is worth a try: it works, or its pause is over and a probe went well.
bool BookWriter::may_write() {
  if (is_healthy() || pause_ms_ == 0) return true;
  if (system_clock().steady_ms() < paused_until_ms_) return false;
  if (store_->probe()) return true;
  pause_ms_ = std::min(pause_ms_ * 2, kPauseMsMax);
  paused_until_ms_ = system_clock().steady_ms() + pause_ms_;
  return false;
}

BookWriter::Outcome BookWriter::try_commit(const BookBatch& batch) {
  if (!may_write()) return Outcome::kUnavailable;
  for (int attempt = 1;; ++attempt) {
    const Stopwatch watch;
    auto balances = store_->commit(batch);
    if (!batch.empty()) {
      metrics_.count_commit(watch.elapsed_ns(), batch.settled.size(), balances.has_value());
    }
    if (balances) {
      for (const auto& account : *balances) ledger_.set_balance(account.user_id, account.balance);
      if (!balances->empty()) pause_ms_ = 0;  // an empty commit proves little
      has_recovered_ = !is_healthy();
      return Outcome::kDurable;
    }
    if (balances.error().code != ErrorCode::kStoreUnavailable) {
      log::error("settlement_refused", {{"reason", std::string_view(balances.error().message)}});
      return Outcome::kRefused;
    }
    if (is_healthy_.exchange(false) || attempt == kCommitAttempts) {
      log::error("books_not_writable", {{"reason", std::string_view(balances.error().message)},
                                        {"attempt", int64_t{attempt}}});
    }
    if (attempt == kCommitAttempts) {
      pause_ms_ = pause_ms_ == 0 ? kPauseMs : std::min(pause_ms_ * 2, kPauseMsMax);
      paused_until_ms_ = system_clock().steady_ms() + pause_ms_;
      return Outcome::kUnavailable;
    }
    std::this_thread::sleep_for(kCommitPause);
  }
}

// Requests that wait are answered with a failure and not charged; their holds end in the store
// later. Those that nobody waits for (the client left) are charged when the store works again.
void BookWriter::give_up(BookBatch batch, const std::vector<Ticket>& tickets) {
  is_in_doubt_ = true;
  const size_t first = batch.settled.size() - tickets.size();
  for (size_t i = 0; i < tickets.size(); ++i) {
    if (tickets[i].loop != nullptr) batch.settled[first + i].usage.reset();
  }
  std::move(batch.opened.begin(), batch.opened.end(), std::back_inserter(backlog_.opened));
  std::move(batch.settled.begin(), batch.settled.end(), std::back_inserter(backlog_.settled));
}

void BookWriter::wake(const std::vector<Ticket>& tickets, bool is_durable) {
  // One message for each loop, however many of its coroutines wait.
  std::vector<std::pair<EventLoop*, std::vector<Event*>>> by_loop;
  for (const auto& ticket : tickets) {
    if (ticket.loop == nullptr) continue;
    *ticket.is_durable = is_durable;
    auto place = std::find_if(by_loop.begin(), by_loop.end(),
                              [&](const auto& entry) { return entry.first == ticket.loop; });
    if (place == by_loop.end()) place = by_loop.insert(place, {ticket.loop, {}});
    place->second.push_back(ticket.event);
  }
  for (auto& [loop, events] : by_loop) {
    loop->post([events = std::move(events)] {
      for (auto* event : events) event->notify();
    });
  }
}

// Whoever made a change finds it in force, so they are told only after what follows from it.
void BookWriter::make_changes(std::vector<Change> changes) {
  for (auto& change : changes) *change.result = change.make(*store_);
  owes_refresh_ = !refresh();
  for (auto& change : changes) {
    change.loop->post([event = change.event] { event->notify(); });
  }
}

void BookWriter::refresh_if_due() {
  const int64_t now_ms = system_clock().steady_ms();
  if (now_ms - refreshed_ms_ < kRefreshMs) return;
  refreshed_ms_ = now_ms;
  auto changed = store_->changed_elsewhere();
  owes_refresh_ = owes_refresh_ || !changed || *changed;
  if (!owes_refresh_) return;
  auto refreshed = refresh();
  owes_refresh_ = !refreshed;
  if (!refreshed) {
    log::warn("cannot_follow_changes", {{"reason", std::string_view(refreshed.error().message)}});
  }
}

Result<void> BookWriter::refresh() {
  ChangeVisitor visitor;
  visitor.token = [this](const ApiToken& token) { directory_.put_token(token); };
  visitor.price = [this](const Price& price) { directory_.put_price(price); };
  auto reached = follow_accounts(revision_, std::move(visitor));
  if (!reached) return tl::unexpected(reached.error());
  revision_ = *reached;
  return {};
}

Result<void> BookWriter::read_accounts(const std::vector<UserId>& users) {
  for (const UserId id : users) {
    const auto user = store_->find_user(id);
    if (!user && user.error().code == ErrorCode::kNotFound) continue;
    if (!user) return tl::unexpected(user.error());
    if (auto put = put_account(*user); !put) return put;
  }
  return {};
}

Result<void> BookWriter::read_all_accounts() {
  return follow_accounts(0, {}).map([](Revision) {});
}

std::vector<Hold> BookWriter::unsettled() {
  std::vector<Hold> holds;
  // Of these the ledger has ended already what will be booked without a charge.
  for (const auto& settlement : backlog_.settled) {
    if (settlement.usage) holds.push_back(settlement.hold);
  }
  const std::lock_guard lock(mutex_);
  for (const auto& settlement : queue_.settled) holds.push_back(settlement.hold);
  return holds;
}

Result<Revision> BookWriter::follow_accounts(Revision since, ChangeVisitor visitor) {
  std::vector<User> with_budget;
  visitor.user = [&](const User& user) {
    if (user.budget) return with_budget.push_back(user);
    ledger_.put_account(user);
    directory_.put_user(user);
  };
  auto reached = store_->for_each_change_since(since, visitor);
  if (!reached) return reached;
  for (const auto& user : with_budget) {
    if (auto put = put_account(user); !put) return tl::unexpected(put.error());
  }
  return reached;
}

// Of what this process has reserved nothing is charged between the reading of an account and that
// of its spending, for only this thread charges it. What another one's requests are charged
// meanwhile is still held for them here (foreign_holds.h), so neither sum shows too little.
Result<void> BookWriter::put_account(const User& user) {
  Spending spending;
  if (user.budget) {
    auto read = spending_of(user);
    if (!read) return tl::unexpected(std::move(read.error()));
    spending = std::move(*read);
  }
  ledger_.put_account(user, spending);
  directory_.put_user(user);
  return {};
}

Result<Spending> BookWriter::spending_of(const User& user) {
  const auto period = user.budget->period;
  const int64_t today = day_of(system_clock().now());
  const int64_t first_day = days_around(period, days_around(period, today).first - 1).first;
  return store_->list_daily_charges(user.id, first_day, std::numeric_limits<int64_t>::max())
      .map([&](std::vector<DailyCharge> charges) {
        return Spending{first_day, std::move(charges)};
      });
}

// Before requests start again, balances and spending are read anew where a commit that was given up
// may be in the file all the same.
void BookWriter::recover() {
  if (!std::exchange(has_recovered_, false)) return;
  if (is_in_doubt_) {
    if (auto read = follow_accounts(0, {}); !read) return;
    is_in_doubt_ = false;
  }
  is_healthy_ = true;
  log::info("books_writable_again");
}

}  // namespace chatgate
