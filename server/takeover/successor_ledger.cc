#include "server/takeover/successor_ledger.h"

#include <cassert>

#include "server/transport/coroutine.h"

namespace chatgate {
namespace {

using Kind = LinkMessage::Kind;

LinkMessage no_answer() {
  Error error{ErrorCode::kOverloaded, "the gateway is being replaced; try again"};
  error.retry_after_ms = 1'000;
  return {.kind = Kind::kAnswer, .error = std::move(error)};
}

LinkMessage question_of(Kind kind, RequestId request, UserId user, Money amount) {
  return {.kind = kind, .hold = {request, user, amount}};
}

}  // namespace

// Outlives its coroutine's wait when the answer comes too late.
struct SuccessorLedger::Question {
  LinkMessage message;
  EventLoop* loop = nullptr;
  Event event;  // the loop's own
  bool is_answered = false;
  bool is_decided_here = false;
  LinkMessage answer;
};

SuccessorLedger::~SuccessorLedger() = default;

Result<Hold> SuccessorLedger::reserve(RequestId request, UserId user, Money amount) {
  const auto answer = ask(question_of(Kind::kReserve, request, user, amount));
  if (!answer) return ledger_.reserve(request, user, amount);
  if (answer->error) return tl::unexpected(*answer->error);
  return answer->hold;
}

bool SuccessorLedger::could_reserve(RequestId request, UserId user, Money amount) {
  const auto answer = ask(question_of(Kind::kCouldReserve, request, user, amount));
  return answer ? !answer->error : ledger_.could_reserve(request, user, amount);
}

Money SuccessorLedger::available(UserId user) {
  const auto answer = ask(question_of(Kind::kAvailable, {}, user, {}));
  if (!answer) return ledger_.available(user);
  return answer->error ? Money{} : answer->hold.amount;
}

Charge SuccessorLedger::fix_charge(Hold& hold, Money cost) {
  const auto answer = ask(question_of(Kind::kFix, hold.request_id, hold.user_id, cost));
  if (!answer) return ledger_.fix_charge(hold, cost);
  const bool is_sound =
      !answer->error && !answer->hold.amount.is_negative() && answer->hold.amount <= cost;
  if (!is_sound) return ledger_.fix_charge_within_hold(hold, cost);
  ledger_.change_hold(hold, answer->hold.amount);
  return {answer->hold.amount, cost - answer->hold.amount};
}

std::optional<LinkMessage> SuccessorLedger::ask(LinkMessage message) {
  auto* coroutine = Coroutine::current();
  assert(coroutine != nullptr);
  const auto question = std::make_shared<Question>();
  question->loop = &coroutine->loop();
  {
    const std::lock_guard lock(mutex_);
    if (mode_ == Mode::kHere) return std::nullopt;
    if (mode_ == Mode::kRefused) return no_answer();
    message.number = ++last_number_;
    question->message = std::move(message);
    open_.emplace(question->message.number, question);
    if (mode_ == Mode::kAsk) link_->send(question->message);
  }
  question->event.wait(answer_ms_max_);
  const std::lock_guard lock(mutex_);
  open_.erase(question->message.number);
  if (question->is_decided_here) return std::nullopt;
  return question->is_answered ? std::move(question->answer) : no_answer();
}

void SuccessorLedger::wake(const std::shared_ptr<Question>& question) {
  question->loop->post([question] { question->event.notify(); });
}

void SuccessorLedger::hold_questions() {
  const std::lock_guard lock(mutex_);
  mode_ = Mode::kHeld;
}

void SuccessorLedger::ask_over(Link& link) {
  const std::lock_guard lock(mutex_);
  link_ = &link;
  mode_ = Mode::kAsk;
  for (const auto& [number, question] : open_) link.send(question->message);
}

void SuccessorLedger::decide_here() { answer_all(Mode::kHere); }

void SuccessorLedger::refuse() { answer_all(Mode::kRefused); }

void SuccessorLedger::answer_all(Mode mode) {
  const std::lock_guard lock(mutex_);
  mode_ = mode;
  link_ = nullptr;
  for (const auto& [number, question] : open_) {
    question->is_answered = true;
    question->is_decided_here = mode == Mode::kHere;
    if (mode == Mode::kRefused) question->answer = no_answer();
    wake(question);
  }
  open_.clear();
}

void SuccessorLedger::take_answer(const LinkMessage& answer) {
  const std::lock_guard lock(mutex_);
  const auto node = open_.extract(answer.number);
  if (!node) {
    // Nobody waits for it any more. What was granted to a request must not stay reserved.
    const bool is_grant = !answer.error && answer.hold.request_id.value > 0;
    if (is_grant && link_ != nullptr) link_->send({.kind = Kind::kEnded, .holds = {answer.hold}});
    return;
  }
  const auto& question = node.mapped();
  question->answer = answer;
  const bool is_reservation = question->message.kind == Kind::kReserve;
  if (is_reservation && !answer.error) {
    if (auto adopted = ledger_.adopt(answer.hold); !adopted) {
      question->answer.error = adopted.error();
      if (link_ != nullptr) link_->send({.kind = Kind::kEnded, .holds = {answer.hold}});
    }
  }
  question->is_answered = true;
  wake(question);
}

}  // namespace chatgate
