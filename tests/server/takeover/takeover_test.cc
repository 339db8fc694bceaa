#include "server/takeover/takeover.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_all.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <thread>

#include "common/control/control_address.h"
#include "server/transport/listening_socket.h"
#include "tests/support/temp_store.h"

namespace chatgate {
namespace {

using Kind = LinkMessage::Kind;

constexpr RequestId kOfOld{(int64_t{1'800'000'000'000} << kRequestIdTimeShift) + 2};
constexpr RequestId kOfNew{(int64_t{1'800'000'000'000} << kRequestIdTimeShift) + 5};

// A database with a hold of its gateway, which a process of its own plays.
class Scene {
 public:
  using Play = std::function<void(Link&, UserId)>;

  explicit Scene(const Play& play) {
    User ann;
    ann.name = "ann";
    user_ = must(store_->add_user(ann, {100})).id;
    must(store_->commit({{{kOfOld, user_, {60}}}, {}}));
    config_.db = store_.path();
    config_.listen = "127.0.0.1:0";
    child_ = ::fork();
    if (child_ == 0) {
      serve(play);
      ::_exit(0);
    }
    const auto path = must(control_path_of(config_.db));
    while (!std::filesystem::exists(path)) std::this_thread::yield();
  }
  ~Scene() {
    takeover_.reset();
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

  // Goes through all of a takeover that comes before serving.
  Result<void> take_over() {
    auto begun = Takeover::begin(config_.db);
    if (!begun) return tl::unexpected(begun.error());
    takeover_ = std::move(*begun);
    sockets_ = takeover_->sockets(config_);
    auto lock = takeover_->lock();
    if (!lock) return tl::unexpected(lock.error());
    auto opened = books_.open(config_, false, std::move(*lock), takeover_->lane());
    if (!opened) return opened;
    return takeover_->complete(books_, [] {});
  }
  void wait_until_gone() const {
    while (!takeover_->is_predecessor_gone()) std::this_thread::yield();
  }
  void stop_predecessor() { takeover_->stop_predecessor(); }
  // The successor has read what the other process has said, and more than one look at it.
  void let_time_pass() {
    const int64_t until_ms = system_clock().steady_ms() + 700;
    while (system_clock().steady_ms() < until_ms) std::this_thread::yield();
  }
  void end() {
    takeover_->leave();
    books_.close();
  }

  int64_t open_holds() { return must(store_->count_open_holds()); }
  Money available() { return books_.ledger.available(user_); }
  UserId user() const { return user_; }
  const SocketsByName& sockets() const { return sockets_; }
  Books& books() { return books_; }
  Store& store() { return *store_; }
  pid_t child() const { return child_; }

 private:
  // In the other process: no more than a played gateway.
  void serve(const Play& play) const {
    const auto lock = acquire_serve_lock(config_.db);
    const auto http = open_listening_socket("127.0.0.1:0");
    const auto path = control_path_of(config_.db);
    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const auto address = *control_address(*path + ".made");
    ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(listener, 1);
    std::filesystem::rename(*path + ".made", *path);
    auto link = Link::make(::accept(listener, nullptr, nullptr));
    [[maybe_unused]] const auto asked = (*link)->receive_line(10'000);
    (*link)->send({.kind = Kind::kOffer,
                   .sockets = {{"http", "127.0.0.1:0", bound_address_of(*http), false}},
                   .lane = 1},
                  {(*lock)->file(), *http});
    play(**link, user_);
    (*link)->flush(10'000);
  }

  TempStore store_;
  UserId user_;
  Config config_;
  Books books_{system_clock()};
  SocketsByName sockets_;
  std::unique_ptr<Takeover> takeover_;
  pid_t child_ = 0;
};

void await(Link& link, Kind kind) {
  const auto message = link.receive(20'000);
  if (!message || !*message || (*message)->kind != kind) ::_exit(3);
}

// The test looks at a reservation before its answer may have been sent.
void await_stop_past_answer(Link& link) {
  auto message = link.receive(20'000);
  if (message && *message && (*message)->kind == Kind::kAnswer) message = link.receive(20'000);
  if (!message || !*message || (*message)->kind != Kind::kStop) ::_exit(3);
}

void tell_state(Link& link, UserId user) {
  await(link, Kind::kReady);
  link.send({.kind = Kind::kCharged, .users = {user}});
  link.send({.kind = Kind::kHolds, .holds = {{kOfOld, user, {60}}}});
  link.send({.kind = Kind::kState, .last_id = {kOfOld.value + 100}});
}

TEST_CASE("a successor holds what its predecessor has reserved, until it is over", "[takeover]") {
  Scene scene([](Link& link, UserId user) {
    tell_state(link, user);
    await(link, Kind::kAccepted);
    link.send({.kind = Kind::kGo});
    link.send({.kind = Kind::kReserve, .number = 1, .hold = {{kOfOld.value + 2}, user, {30}}});
    await(link, Kind::kAnswer);
    link.send({.kind = Kind::kReserve, .number = 2, .hold = {{kOfOld.value + 4}, user, {30}}});
    const auto refused = link.receive(20'000);
    if (!refused || !*refused || !(*refused)->error) ::_exit(4);
    // Where the test sees this one, the others have been answered.
    link.send({.kind = Kind::kReserve, .number = 3, .hold = {{kOfOld.value + 6}, user, {10}}});
    await_stop_past_answer(link);
    link.send({.kind = Kind::kEnded, .holds = {{kOfOld, user, {60}}}});
    await(link, Kind::kStop);
    link.send({.kind = Kind::kBye});
  });
  REQUIRE(scene.take_over());
  CHECK(scene.sockets().at("http").descriptor >= 0);
  CHECK(lane_of(scene.books().request_ids.next()) == 1);
  CHECK(scene.books().request_ids.next() > RequestId{kOfOld.value + 100});
  while (scene.available() != Money{0}) std::this_thread::yield();
  CHECK_FALSE(scene.books().ledger.reserve(kOfNew, scene.user(), {1}));
  CHECK(scene.open_holds() == 1);
  scene.stop_predecessor();
  while (scene.available() != Money{60}) std::this_thread::yield();
  scene.stop_predecessor();
  scene.wait_until_gone();
  // What it had not ended it leaves behind as a dead one does.
  CHECK(scene.available() == Money{100});
  CHECK(scene.open_holds() == 0);
  scene.end();
}

TEST_CASE("a predecessor that dies before it hands over is succeeded all the same", "[takeover]") {
  for (const bool has_told : {false, true}) {
    INFO("its state was " << (has_told ? "" : "not ") << "told");
    Scene scene([&](Link& link, UserId user) {
      if (has_told) {
        tell_state(link, user);
        await(link, Kind::kAccepted);
      } else {
        await(link, Kind::kReady);
      }
      ::_exit(0);
    });
    REQUIRE(scene.take_over());
    scene.wait_until_gone();
    CHECK(scene.available() == Money{100});
    CHECK(scene.open_holds() == 0);
    scene.end();
  }
}

TEST_CASE("a predecessor that dies later leaves nothing reserved", "[takeover]") {
  Scene scene([](Link& link, UserId user) {
    tell_state(link, user);
    await(link, Kind::kAccepted);
    link.send({.kind = Kind::kGo});
    ::pause();
  });
  REQUIRE(scene.take_over());
  CHECK(scene.available() == Money{40});
  ::kill(scene.child(), SIGKILL);
  scene.wait_until_gone();
  CHECK(scene.available() == Money{100});
  CHECK(scene.open_holds() == 0);
  scene.end();
}

TEST_CASE("a predecessor that breaks the connection keeps its holds while it lives", "[takeover]") {
  Scene scene([](Link& link, UserId user) {
    tell_state(link, user);
    await(link, Kind::kAccepted);
    link.send({.kind = Kind::kGo});
    link.send_line("garbage\n");
    [[maybe_unused]] const auto end = link.receive(-1);  // it is told by the end of the connection
    ::pause();
  });
  REQUIRE(scene.take_over());
  scene.let_time_pass();
  CHECK(scene.available() == Money{40});
  CHECK(scene.open_holds() == 1);
  ::kill(scene.child(), SIGKILL);
  scene.wait_until_gone();
  CHECK(scene.available() == Money{100});
  scene.end();
}

TEST_CASE("a takeover that the predecessor calls off changes nothing", "[takeover]") {
  for (const bool has_told : {false, true}) {
    Scene scene([&](Link& link, UserId user) {
      if (has_told) {
        tell_state(link, user);
        await(link, Kind::kAccepted);
      } else {
        await(link, Kind::kReady);
      }
      link.send({.kind = Kind::kAbort, .reason = "not now"});
      link.flush(10'000);
      ::pause();
    });
    const auto taken = scene.take_over();
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == ErrorCode::kRefused);
    CHECK(taken.error().message.ends_with("not now"));
    CHECK(scene.open_holds() == 1);
    scene.end();
  }
}

TEST_CASE("holds of an account that nobody knows are not taken over", "[takeover]") {
  Scene scene([](Link& link, UserId user) {
    await(link, Kind::kReady);
    link.send({.kind = Kind::kHolds, .holds = {{kOfOld, {user.value + 7}, {60}}}});
    link.send({.kind = Kind::kState, .last_id = kOfOld});
    await(link, Kind::kAbort);
    ::pause();
  });
  CHECK_FALSE(scene.take_over());
  CHECK(scene.open_holds() == 1);
  scene.end();
}

}  // namespace
}  // namespace chatgate
