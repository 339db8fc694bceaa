#include <atomic>
#include <thread>

#include "tests/contract/databases.h"

namespace chatgate {
namespace {

TEMPLATE_LIST_TEST_CASE("a shell works beside a busy gateway", "[contract]", Databases) {
  constexpr int kBatches = 60;
  constexpr int kCredits = 60;
  const TestType database;
  const auto gateway = database.open();
  const User user = add_user(*gateway, "ann", 1'000'000);
  const ApiToken token = add_token(*gateway, user);
  const Price price = add_simple_price(*gateway);

  std::atomic<bool> shell_failed{false};
  std::atomic<bool> reader_failed{false};
  std::atomic<bool> done{false};
  std::thread shell([&] {
    const auto store = database.open();
    for (int i = 0; i < kCredits; ++i) {
      Credit credit;
      credit.user_id = user.id;
      credit.amount = {1'000};
      if (!store->credit(credit)) shell_failed = true;
    }
  });
  std::thread reader([&] {
    const auto store = database.open();
    while (!done) {
      const auto faults = store->verify_books({});
      if (!faults || !faults->empty()) reader_failed = true;
    }
  });
  bool gateway_failed = false;
  for (int64_t i = 0; i < kBatches; ++i) {
    BookBatch batch;
    for (int64_t j = 0; j < 5; ++j) {
      batch.settled.push_back(settlement(request_id(kNoonMs + i, j), token, price, 10, 0));
    }
    if (!gateway->commit(batch)) gateway_failed = true;
  }
  shell.join();
  done = true;
  reader.join();

  CHECK_FALSE(gateway_failed);
  CHECK_FALSE(shell_failed);
  CHECK_FALSE(reader_failed);
  CHECK(must(gateway->find_user("ann")).balance ==
        Money{1'000'000 + kCredits * 1'000 - kBatches * 50});
  CHECK(faults_of(*gateway).empty());
}

TEMPLATE_LIST_TEST_CASE("many connections may open an empty database at once", "[contract]",
                        Databases) {
  const TestType database;
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto store = open_store(database.url(), OpenMode::kCreate);
      User user;
      user.name = "user-" + std::to_string(i);
      if (!store || !(*store)->add_user(user, {})) ++failures;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  CHECK(must(database.open()->list_users()).size() == 8);
}

TEMPLATE_LIST_TEST_CASE("what is committed is there after closing", "[contract]", Databases) {
  const TestType database;
  {
    const auto store = database.open();
    const ApiToken token = add_token(*store, add_user(*store, "ann", 100));
    const Price price = add_simple_price(*store);
    must(store->commit({{}, {settlement(request_id(kNoonMs, 1), token, price, 30, 0)}}));
  }
  const auto store = database.open();
  CHECK(must(store->find_user("ann")).balance == Money{70});
  CHECK(faults_of(*store).empty());
}

}  // namespace
}  // namespace chatgate
