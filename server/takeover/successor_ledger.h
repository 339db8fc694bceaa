// The ledger of the process that has taken over, for the requests that this one still finishes:
// each question is a message, and the coroutine that asks waits for its answer. What is granted is
// held in this process's ledger as well, before the coroutine goes on, so that it can decide again
// should the successor die.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "server/books/reservations.h"
#include "server/takeover/link.h"

namespace chatgate {

class EventLoop;

class SuccessorLedger final : public Reservations::Elsewhere {
 public:
  // `answer_ms_max`: how long a question may wait before its request is refused.
  explicit SuccessorLedger(Ledger& ledger, int64_t answer_ms_max = 10'000)
      : ledger_(ledger), answer_ms_max_(answer_ms_max) {}
  ~SuccessorLedger() override;

  Result<Hold> reserve(RequestId request, UserId user, Money amount) override;
  bool could_reserve(RequestId request, UserId user, Money amount) override;
  Money available(UserId user) override;
  Charge fix_charge(Hold& hold, Money cost) override;

  // Any thread. Questions wait until it is known who decides.
  void hold_questions();
  // They go to the successor, those that wait too. REQUIRES: `link` lives until the next of these.
  void ask_over(Link& link);
  // This process's ledger decides again, also what waits.
  void decide_here();
  // Nobody can be asked any more, and what waits is refused.
  void refuse();

  // An answer that came over the link, on the thread that receives there.
  void take_answer(const LinkMessage& answer);

 private:
  enum class Mode : uint8_t { kHere, kHeld, kAsk, kRefused };
  struct Question;

  // Nothing: this process's ledger is to decide.
  std::optional<LinkMessage> ask(LinkMessage message);
  void answer_all(Mode mode);
  static void wake(const std::shared_ptr<Question>& question);

  Ledger& ledger_;
  const int64_t answer_ms_max_;
  std::mutex mutex_;
  Mode mode_ = Mode::kHere;
  Link* link_ = nullptr;
  int64_t last_number_ = 0;
  std::unordered_map<int64_t, std::shared_ptr<Question>> open_;
};

}  // namespace chatgate
