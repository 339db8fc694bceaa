// The one thread that writes the books while the gateway serves. It commits what requests hand in
// in groups, so that thousands of durable settlements a second cost a few hundred disk syncs, and
// between groups it looks whether another process has changed the file and carries that into the
// ledger and the directory. Coroutines call it without blocking their loop.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "common/clock.h"
#include "common/ledger/ledger.h"
#include "common/result.h"
#include "common/store/store.h"
#include "server/books/directory.h"
#include "server/metrics/book_metrics.h"

namespace chatgate {

class Event;
class EventLoop;

// Learns which holds are over. Called on the writer's thread, after the ledger has been told.
class EndWatcher {
 public:
  virtual ~EndWatcher() = default;
  virtual void ended(const std::vector<Hold>& holds) = 0;
};

class BookWriter {
 public:
  BookWriter(std::unique_ptr<Store> store, Ledger& ledger, Directory& directory);
  ~BookWriter();  // commits what is queued

  // Fills the ledger and the directory, then starts the thread. REQUIRES: called once, first.
  Result<void> start();

  // Any thread. Nobody waits for the hold's row: it is written once the request has run for a
  // moment, so that one which settles at once never is.
  void open_hold(const Hold& hold);

  // Inside a coroutine: returns when the settlement is durable, and its hold is over in the ledger
  // either way. kStoreUnavailable: the disk is full or gone; nothing was charged.
  Result<void> settle(Settlement settlement);

  // Any thread: the same for a request that nobody waits for any more.
  void settle_detached(Settlement settlement);

  // Inside a coroutine: runs `change` between two commits, on the writer's thread and connection.
  // When this returns, what it has changed is in the ledger and the directory. Its own failure, or
  // kStoreUnavailable.
  Result<void> administer(std::function<Result<void>(Store&)> change);

  // Any thread: runs `task` on the writer's thread, between two commits. Nobody waits for it.
  void post(std::function<void(Store&)> task);

  // For such tasks alone. Carry into the ledger and the directory what stands in the store: what
  // others have changed; these accounts, their balances and what was spent of their budgets; all of
  // them.
  Result<void> refresh();
  Result<void> read_accounts(const std::vector<UserId>& users);
  Result<void> read_all_accounts();
  // For such tasks: the holds whose requests have handed them in and that are not over yet.
  std::vector<Hold> unsettled();

  // From now on tells of each hold that is over; null: nobody. Any thread. One that is replaced may
  // be called once more.
  void tell_ends_to(EndWatcher* watcher) { end_watcher_.store(watcher); }

  // False while commits fail: then no new request should start.
  bool is_healthy() const { return is_healthy_.load(std::memory_order_relaxed); }

  // Any thread: what has been booked since the start, and how many settlements wait for it.
  const BookMetrics& metrics() const { return metrics_; }
  int64_t queued_settlements();

 private:
  struct Ticket {
    EventLoop* loop = nullptr;  // null: nobody waits
    Event* event = nullptr;
    bool* is_durable = nullptr;
  };
  struct Change {
    std::function<Result<void>(Store&)> make;
    EventLoop* loop = nullptr;
    Event* event = nullptr;
    Result<void>* result = nullptr;
  };
  struct Queue {
    std::vector<Hold> opened;
    std::vector<Settlement> settled;
    std::vector<Ticket> tickets;  // beside `settled`
    std::vector<Change> changes;
    std::vector<std::function<void(Store&)>> tasks;
    bool empty() const { return opened.empty() && !is_waited_for(); }
    bool is_waited_for() const { return !settled.empty() || !changes.empty() || !tasks.empty(); }
  };

  enum class Outcome : uint8_t { kDurable, kUnavailable, kRefused };

  void run();
  void gather(std::unique_lock<std::mutex>& lock);
  BookBatch next_batch(Queue& queue);
  void take_holds(const Queue& queue, BookBatch& batch);
  void commit(const BookBatch& batch, const std::vector<Ticket>& tickets);
  void commit_singly(const BookBatch& batch, const std::vector<Ticket>& tickets);
  void release(BookBatch batch);
  Outcome try_commit(const BookBatch& batch);
  void end_holds(const BookBatch& batch, const std::vector<Ticket>& tickets, Outcome outcome);
  void give_up(BookBatch batch, const std::vector<Ticket>& tickets);
  bool may_write();
  void wake(const std::vector<Ticket>& tickets, bool is_durable);
  void make_changes(std::vector<Change> changes);
  void refresh_if_due();
  Result<void> put_account(const User& user);
  Result<Revision> follow_accounts(Revision since, ChangeVisitor visitor);
  Result<Spending> spending_of(const User& user);
  void recover();
  void push(Settlement settlement, const Ticket& ticket);
  void wake_up(std::unique_lock<std::mutex>& lock);

  std::unique_ptr<Store> store_;
  Ledger& ledger_;
  Directory& directory_;
  BookMetrics metrics_;
  Revision revision_ = 0;
  int64_t refreshed_ms_ = 0;
  bool owes_refresh_ = false;   // a change was noticed and could not be read yet
  bool is_in_doubt_ = false;    // a commit that failed may have reached the file
  bool has_recovered_ = false;  // a commit went well since
  struct YoungHold {
    Hold hold;
    int64_t opened_ms;  // of the steady clock: ids may be ahead of a clock that was set back
  };
  std::map<RequestId, YoungHold> young_;  // opened and not yet written, in order of arrival
  BookBatch backlog_;                     // to be ended in the store once it works again
  std::atomic<int64_t> unwritten_{0};     // settlements taken from the queue and not yet durable
  int64_t pause_ms_ = 0;                  // since commits fail: how long none is tried
  int64_t paused_until_ms_ = 0;

  std::mutex mutex_;
  std::condition_variable wake_up_;
  Queue queue_;
  bool is_waiting_ = false;
  bool is_stopping_ = false;
  std::atomic<bool> is_healthy_{true};
  std::atomic<EndWatcher*> end_watcher_{nullptr};
  std::thread thread_;
};

}  // namespace chatgate
