// The predecessor's part of a takeover. Another process asks for it over the control socket; while
// it loads, nothing changes here. Then, for some milliseconds, no request is admitted: what is
// reserved at that moment is told to the successor, which holds it from then on and decides alone.
// This process stops accepting, finishes its connections, asks the successor before it begins
// another request, and books its own charges.
//
// Exactness stands on two rules. Whatever account is charged while the successor loads is named to
// it (`charged`), because it may have read that balance before. And a hold that has been told is
// over there (`ended`) only after its charge is durable, so that the successor reads the balance
// with it.
//
// Until `go` is sent the successor has done nothing, and whatever goes wrong this process simply
// goes on. Should the successor die later, its holds are swept, all balances are read again, and
// this process, which still has the sockets, serves as before.
//
// A thread of its own talks to the successor. Public calls are the main thread's, but for `begin`
// (the control socket's) and `ended` (the writer's).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <vector>

#include "server/books/open_books.h"
#include "server/listeners.h"
#include "server/pipeline/pipeline.h"
#include "server/takeover/link.h"
#include "server/takeover/process_watch.h"
#include "server/takeover/successor_ledger.h"

namespace chatgate {

class ControlServer;

struct HandoverParts {
  Books& books;
  Listeners& listeners;
  std::vector<LoopContext*> contexts;
  std::function<void()> on_change;  // the stage is another, or the successor says `stop`
};

class Handover final : public EndWatcher {
 public:
  enum class Stage : uint8_t {
    kServing,  // this process decides; a successor may be loading
    kRetired,  // the successor decides
    kAlone,    // nobody can be asked any more: what runs is finished, nothing begins
  };

  explicit Handover(HandoverParts parts);
  ~Handover() override;

  // Begins the conversation that was asked for over this socket, which it takes over. `refusal`:
  // why there can be none now, which is then the answer; empty: there can.
  void begin(int socket, const std::string& refusal);
  // Where successors ask; null: nowhere, or no longer.
  void use_control(ControlServer* control);

  Stage stage() const { return stage_; }
  int successor() const { return successor_; }  // its process; 0 when there is none
  bool was_told_to_stop() const { return was_told_to_stop_; }

  // This process is to end. Nothing is handed over or taken back any more.
  void stop();
  // Waits until that holds, before the writer is closed; then `end` says goodbye to the successor.
  // REQUIRES: no control socket is in use.
  void prepare_end();
  void end();

  void ended(const std::vector<Hold>& holds) override;

 private:
  void converse();
  Result<void> prepare();
  Result<void> hand_over();
  Result<std::vector<Hold>> collect_holds();
  void tell_state(const std::vector<Hold>& holds);
  void go();
  void serve_retired();
  void resume();
  void take_back();
  Result<void> read_books_again();
  void be_alone();
  void enter(Stage stage);
  void forget_link();
  Result<LinkMessage> receive(int64_t timeout_ms);
  int64_t lane_of_successor() const;

  HandoverParts parts_;
  SuccessorLedger successor_ledger_;

  std::mutex mutex_;  // of these
  ControlServer* control_ = nullptr;
  std::unique_ptr<Link> link_;  // replaced under the mutex, so that others may wake it
  bool is_listing_charges_ = false;
  bool is_listing_ends_ = false;
  bool is_telling_ends_ = false;
  std::unordered_set<UserId> charged_;
  std::vector<Hold> ended_;
  bool is_busy_ = false;  // a conversation goes on

  std::mutex books_mutex_;  // held while writer and listeners are used although this process stops
  std::atomic<Stage> stage_{Stage::kServing};
  std::atomic<int> successor_{0};
  std::atomic<bool> was_told_to_stop_{false};
  std::atomic<bool> is_stopping_{false};
  std::atomic<bool> is_ending_{false};
  int64_t held_since_ms_ = 0;  // nothing is admitted
  std::unique_ptr<ProcessWatch> watch_;
  std::thread thread_;
};

}  // namespace chatgate
