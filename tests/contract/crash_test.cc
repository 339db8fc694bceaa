// A process commits batches without end and tells each one's number through a pipe when the store
// has acknowledged it. It is killed at a random acknowledgement, or leaves without closing
// anything. Whatever was acknowledged must be in the books exactly once, with the turn that was
// said in it, and the books must be in order.

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <random>
#include <set>

#include "tests/contract/databases.h"
#include "tests/support/turns.h"

namespace chatgate {
namespace {

constexpr int64_t kRowsPerBatch = 7;

struct Scene {
  std::string url;
  ApiToken token;
  Price price;
};

std::string conversation_of(RequestId id) { return "c-" + std::to_string(id.value); }

// Each batch also opens a hold that settles with the next one.
BookBatch batch_of(const Scene& scene, int64_t round, int64_t number) {
  const auto sale = [&](int64_t of_batch, int64_t row) {
    return settlement(request_id(kNoonMs + round * 100'000 + of_batch, row), scene.token,
                      scene.price, 3, 1);
  };
  BookBatch batch;
  if (number > 0) batch.settled.push_back(sale(number - 1, 0));
  for (int64_t row = 1; row < kRowsPerBatch; ++row) {
    batch.settled.push_back(sale(number, row));
    Settlement& last = batch.settled.back();
    last.turn = make_turn(scene.token.user_id, conversation_of(last.hold.request_id), "",
                          {"question", "answer"}, {kNoonMs});
  }
  batch.opened.push_back(sale(number, 0).hold);
  return batch;
}

// In the child: never returns, and runs none of the test program's own clean-up.
[[noreturn]] void commit_until_killed(const Scene& scene, int64_t round, int64_t batches,
                                      int pipe_end) {
  auto store = open_store(scene.url, OpenMode::kExisting);
  if (!store) _exit(2);
  for (int64_t number = 0; number < batches; ++number) {
    if (!(*store)->commit(batch_of(scene, round, number))) _exit(3);
    if (write(pipe_end, &number, sizeof number) != sizeof number) _exit(4);
  }
  _exit(0);
}

// Returns the number of the last batch known to be acknowledged, -1 for none.
int64_t run_and_kill(const Scene& scene, int64_t round, int64_t kill_after, int64_t batches) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(ends[0]);
    commit_until_killed(scene, round, batches, ends[1]);
  }
  close(ends[1]);
  int64_t last = -1;
  int64_t number = 0;
  while (last < kill_after && read(ends[0], &number, sizeof number) == sizeof number) last = number;
  kill(child, SIGKILL);
  // What it still told before it died counts as well.
  while (read(ends[0], &number, sizeof number) == sizeof number) last = number;
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE((WIFSIGNALED(status) || WEXITSTATUS(status) == 0));
  return last;
}

TEMPLATE_LIST_TEST_CASE("a killed process loses nothing that was acknowledged", "[contract]",
                        Databases) {
  const TestType database;
  Scene scene{database.url(), {}, {}};
  {
    const auto store = database.open();
    scene.token = add_token(*store, add_user(*store, "ann", int64_t{1} << 40));
    scene.price = add_simple_price(*store);
  }
  std::mt19937_64 random(11);
  for (int64_t round = 0; round < 25; ++round) {
    INFO("round " << round);
    const auto kill_after = static_cast<int64_t>(random() % 40);
    // In every fifth round the process leaves by itself, with everything open.
    const int64_t batches = round % 5 == 4 ? kill_after : 1'000'000;
    const int64_t last = run_and_kill(scene, round, kill_after, batches);

    const auto store = must(open_store(scene.url, OpenMode::kExisting));
    REQUIRE(faults_of(*store).empty());
    std::multiset<int64_t> ids;
    const Timestamp from{kNoonMs + round * 100'000};
    for (const UsageRecord& row : usage_of_token(*store, scene.token.id, from, {kNoonMs * 2})) {
      ids.insert(row.id.value);
    }
    for (int64_t number = 0; number <= last; ++number) {
      for (const Settlement& sale : batch_of(scene, round, number).settled) {
        REQUIRE(ids.count(sale.hold.request_id.value) == 1);
      }
    }
    // At most the batch whose acknowledgement was cut off is there beside them, whole or not at
    // all.
    const auto rows_of_acknowledged = last < 0 ? 0 : (last + 1) * kRowsPerBatch - 1;
    const auto surplus = static_cast<int64_t>(ids.size()) - rows_of_acknowledged;
    REQUIRE((surplus == 0 || surplus == kRowsPerBatch || (last < 0 && surplus == 6)));

    // A charge and what was said for it are there both or neither. Row 0 of a batch says nothing.
    int64_t turns = 0;
    for (const int64_t id : ids) {
      const bool is_silent = id % (int64_t{1} << kRequestIdTimeShift) == 0;
      const auto chain =
          store->find_chain({scene.token.user_id, conversation_of(RequestId{id}), "", {kNoonMs}});
      REQUIRE(chain.has_value() == !is_silent);
      if (is_silent) continue;
      REQUIRE(contents_of(chain->messages) == "answer question");
      ++turns;
    }
    REQUIRE(must(store->count_messages({})).messages == 2 * turns);
    must(store->purge_messages({}, {}));

    REQUIRE(must(store->sweep_holds({kNoonMs * 2})) <= 1);
    REQUIRE(must(store->count_open_holds()) == 0);
    REQUIRE(faults_of(*store).empty());
  }
}

}  // namespace
}  // namespace chatgate
