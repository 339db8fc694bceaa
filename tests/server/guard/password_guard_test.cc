#include "server/guard/password_guard.h"

#include <catch2/catch_all.hpp>

#include "server/transport/coroutine.h"
#include "tests/support/manual_clock.h"

namespace chatgate {
namespace {

const std::string kPassword = "correct horse";

// A directory with ann, whose password is kPassword, and bob, who has none.
struct Fixture {
  ManualClock clock;
  Directory directory{clock};
  User ann;
  PasswordGuard guard{directory, clock};
  const IpAddress home = parse_ip_address("192.0.2.1").value();
  int last_octet = 0;

  Fixture() {
    ann.id = {1};
    ann.name = "ann";
    static const std::string hash = hash_password(kPassword).value();
    ann.password_hash = hash;
    directory.put_user(ann);
    User bob;
    bob.id = {2};
    bob.name = "bob";
    directory.put_user(bob);
  }

  // Within a coroutine, as requests do.
  template <class Call>
  auto call(Call make) {
    std::optional<decltype(make())> result;
    EventLoop loop;
    loop.post([&] {
      Coroutine::spawn(loop, [&] {
        result = make();
        loop.stop();
      });
    });
    loop.run();
    return *std::move(result);
  }
  Result<Principal> log_in(std::string_view name, std::string_view password) {
    return call([&] { return guard.log_in(name, password, home); });
  }
  Result<Principal> log_in_from_anywhere(std::string_view name, std::string_view password) {
    const auto address = parse_ip_address("198.51.100." + std::to_string(++last_octet)).value();
    return call([&] { return guard.log_in(name, password, address); });
  }
};

TEST_CASE_METHOD(Fixture, "the right password opens the account", "[password]") {
  const auto principal = log_in("ann", kPassword);
  REQUIRE(principal);
  CHECK(principal->user_id == UserId{1});
}

TEST_CASE_METHOD(Fixture, "nothing tells which names exist", "[password]") {
  const auto wrong = log_in_from_anywhere("ann", "wrong");
  for (const auto& [name, password] : {std::pair{"nobody", "wrong"},
                                       {"nobody", "no password at all"},
                                       {"bob", ""},
                                       {"bob", "no password at all"},
                                       {"", ""}}) {
    const int64_t before = guard.verifications();
    const auto refused = log_in_from_anywhere(name, password);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kInvalidToken);
    CHECK(refused.error().message == wrong.error().message);
    CHECK(guard.verifications() == before + 1);  // the same work as for a name that exists
  }
  // The delays are the same as well.
  const auto judged = [&](std::string_view name) {
    int count = 0;
    while (log_in(name, "wrong").error().code == ErrorCode::kInvalidToken) ++count;
    return count;
  };
  CHECK(judged("ann") == judged("nobody"));
}

TEST_CASE_METHOD(Fixture, "a client that sends its password each time is judged once",
                 "[password]") {
  for (int i = 0; i < 50; ++i) REQUIRE(log_in("ann", kPassword));
  CHECK(guard.verifications() == 1);
  CHECK_FALSE(log_in("ann", "wrong"));
  CHECK(guard.verifications() == 2);
  clock.advance_ms(11 * 60 * 1000);
  REQUIRE(log_in("ann", kPassword));
  CHECK(guard.verifications() == 3);
}

TEST_CASE_METHOD(Fixture, "what is remembered is no way around the delays", "[password]") {
  REQUIRE(log_in("ann", kPassword));
  while (log_in("ann", "wrong").error().code == ErrorCode::kInvalidToken) {
  }
  CHECK(log_in("ann", kPassword).error().code == ErrorCode::kRateLimited);
  clock.advance_ms(30'000);
  CHECK(log_in("ann", kPassword));
}

TEST_CASE_METHOD(Fixture, "a changed password and a block hold at once", "[password]") {
  REQUIRE(log_in("ann", kPassword));
  ann.blocked = true;
  directory.put_user(ann);
  CHECK(log_in("ann", kPassword).error().code == ErrorCode::kUserBlocked);
  CHECK(log_in("ann", "wrong").error().code == ErrorCode::kInvalidToken);
  ann.blocked = false;
  ann.password_hash = hash_password("another horse").value();
  directory.put_user(ann);
  CHECK(log_in("ann", kPassword).error().code == ErrorCode::kInvalidToken);
  CHECK(log_in("ann", "another horse"));
}

TEST_CASE_METHOD(Fixture, "the operations key is guessed slowly too", "[password]") {
  const auto check = [&](std::string_view given) {
    return call([&] { return guard.check_ops_key(given, "the key", home, false); });
  };
  CHECK(check("the key"));
  int judged = 0;
  while (check("a key").error().code == ErrorCode::kInvalidToken) ++judged;
  CHECK(judged == 10);
  CHECK(check("the key").error().code == ErrorCode::kRateLimited);
  clock.advance_ms(1'000);
  CHECK(check("the key"));
  CHECK(call([&] { return guard.check_ops_key("", "", home, false); }).error().code ==
        ErrorCode::kInvalidToken);
}

TEST_CASE_METHOD(Fixture, "a page's guesses do not keep out whoever opened it", "[password]") {
  const auto check = [&](std::string_view given, bool is_foreign) {
    return call([&] { return guard.check_ops_key(given, "the key", home, is_foreign); });
  };
  REQUIRE(check("the key", false));
  int judged = 0;
  while (check("a key", true).error().code == ErrorCode::kInvalidToken) ++judged;
  CHECK(judged == 10);
  for (int i = 0; i < 100; ++i) {
    CHECK(check("a key", true).error().code == ErrorCode::kRateLimited);
    clock.advance_ms(1);
  }
  CHECK(check("the key", true).error().code == ErrorCode::kRateLimited);
  CHECK(check("the key", false));
}

TEST_CASE_METHOD(Fixture, "more log-ins than can be judged are put off", "[password]") {
  constexpr int kAtOnce = 90;
  int put_off = 0;
  int wrong = 0;
  EventLoop loop;
  loop.post([&] {
    for (int i = 0; i < kAtOnce; ++i) {
      Coroutine::spawn(loop, [&, i] {
        const auto address = parse_ip_address("198.51.100." + std::to_string(i)).value();
        const auto name = "user" + std::to_string(i);
        const auto refused = guard.log_in(name, "wrong", address);
        (refused.error().code == ErrorCode::kOverloaded ? put_off : wrong) += 1;
        if (put_off + wrong == kAtOnce) loop.stop();
      });
    }
  });
  loop.run();
  CHECK(put_off > 0);
  CHECK(wrong >= 64);
}

}  // namespace
}  // namespace chatgate
