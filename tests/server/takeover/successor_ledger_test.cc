#include "server/takeover/successor_ledger.h"

#include <sys/socket.h>

#include <array>
#include <catch2/catch_all.hpp>
#include <functional>
#include <optional>
#include <thread>

#include "server/transport/coroutine.h"
#include "tests/support/temp_store.h"

namespace chatgate {
namespace {

using Kind = LinkMessage::Kind;

User account(int64_t id, int64_t balance) {
  User user;
  user.id = {id};
  user.balance = {balance};
  return user;
}

// A loop whose coroutines ask, and a successor that the test plays.
struct Fixture {
  Ledger ledger;
  SuccessorLedger asked{ledger, 2'000};
  Reservations reservations{ledger};
  std::unique_ptr<Link> own;
  std::unique_ptr<Link> theirs;
  EventLoop loop;

  Fixture() {
    ledger.put_account(account(1, 100));
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    own = must(Link::make(ends[0]));
    theirs = must(Link::make(ends[1]));
    asked.hold_questions();
    reservations.divert(&asked);
  }

  // Runs `ask` in a coroutine and `play` beside it.
  void run(const std::function<void()>& ask, const std::function<void()>& play) {
    loop.post([&] {
      Coroutine::spawn(loop, [&] {
        ask();
        loop.stop();
      });
    });
    std::thread player(play);
    loop.run();
    player.join();
  }
  LinkMessage question() const {
    auto message = must(theirs->receive(10'000));
    REQUIRE(message);
    return *message;
  }
  // Tells what the successor answers to a question.
  void answer(const LinkMessage& question, Hold hold, std::optional<Error> error = {}) {
    asked.take_answer({.kind = Kind::kAnswer,
                       .number = question.number,
                       .hold = hold,
                       .error = std::move(error)});
  }
};

TEST_CASE_METHOD(Fixture, "what the successor grants is held here as well", "[takeover]") {
  run(
      [&] {
        const auto hold = reservations.reserve({10}, {1}, {30});
        REQUIRE(hold);
        CHECK(hold->amount == Money{30});
        CHECK(ledger.available({1}) == Money{70});
        CHECK(reservations.reserve({12}, {1}, {30}).error().message == "used up");
        CHECK_FALSE(reservations.could_reserve({12}, {1}, {30}));
        CHECK(reservations.available({1}) == Money{7});
      },
      [&] {
        asked.ask_over(*own);
        auto asks = question();
        CHECK(asks.kind == Kind::kReserve);
        answer(asks, asks.hold);
        asks = question();
        answer(asks, {{}, {1}, {}}, Error{ErrorCode::kInsufficientQuota, "used up"});
        asks = question();
        CHECK(asks.kind == Kind::kCouldReserve);
        answer(asks, {{}, {1}, {}}, Error{ErrorCode::kInsufficientQuota, ""});
        asks = question();
        CHECK(asks.kind == Kind::kAvailable);
        answer(asks, {{}, {1}, {7}});
      });
}

TEST_CASE_METHOD(Fixture, "questions wait until it is known who decides", "[takeover]") {
  run([&] { CHECK(reservations.reserve({10}, {1}, {30})); },
      [&] {
        std::this_thread::yield();
        reservations.divert(nullptr);
        asked.decide_here();
      });
  CHECK(ledger.available({1}) == Money{70});
  CHECK(theirs->receive_line(1).error().code == ErrorCode::kRequestTimeout);  // nothing was asked
}

TEST_CASE_METHOD(Fixture, "when the successor has died, what waits is decided here", "[takeover]") {
  run([&] { CHECK_FALSE(reservations.reserve({10}, {1}, {101})); },
      [&] {
        asked.ask_over(*own);
        question();
        asked.hold_questions();
        reservations.divert(nullptr);
        asked.decide_here();
      });
  CHECK(ledger.open_holds() == 0);
}

TEST_CASE_METHOD(Fixture, "where nobody can be asked, requests are refused", "[takeover]") {
  Hold running = must(ledger.reserve({9}, {1}, {20}));
  run(
      [&] {
        CHECK(reservations.reserve({10}, {1}, {30}).error().code == ErrorCode::kOverloaded);
        CHECK(reservations.reserve({11}, {1}, {30}).error().code == ErrorCode::kOverloaded);
        const auto charge = reservations.fix_charge(running, {25});
        CHECK(charge.charged == Money{20});
        CHECK(charge.written_off == Money{5});
      },
      [&] {
        asked.ask_over(*own);
        question();
        asked.refuse();
      });
}

TEST_CASE_METHOD(Fixture, "a grant that comes too late is given back", "[takeover]") {
  LinkMessage asks;
  run([&] { CHECK(reservations.reserve({10}, {1}, {30}).error().code == ErrorCode::kOverloaded); },
      [&] {
        asked.ask_over(*own);
        asks = question();
      });
  answer(asks, asks.hold);
  const auto told = question();
  CHECK(told.kind == Kind::kEnded);
  REQUIRE(told.holds.size() == 1);
  CHECK(told.holds[0].request_id == RequestId{10});
  CHECK(ledger.open_holds() == 0);
}

TEST_CASE_METHOD(Fixture, "a cost beyond the hold is the successor's to concede", "[takeover]") {
  Hold running = must(ledger.reserve({9}, {1}, {20}));
  Hold other = must(ledger.reserve({11}, {1}, {20}));
  run(
      [&] {
        const auto charge = reservations.fix_charge(running, {50});
        CHECK(charge.charged == Money{35});
        CHECK(charge.written_off == Money{15});
        CHECK(running.amount == Money{35});
        // Nobody is asked for what is within the hold, nor where nobody can wait.
        CHECK(reservations.fix_charge(other, {20}).charged == Money{20});
        CHECK(reservations.fix_charge_now(other, {30}).charged == Money{20});
      },
      [&] {
        asked.ask_over(*own);
        const auto asks = question();
        CHECK(asks.kind == Kind::kFix);
        CHECK(asks.hold.amount == Money{50});
        answer(asks, {{}, {1}, {35}});
      });
  CHECK(ledger.available({1}) == Money{45});
}

}  // namespace
}  // namespace chatgate
