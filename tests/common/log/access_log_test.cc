#include "common/log/access_log.h"

#include <catch2/catch_all.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <vector>

#include "common/text/text_file.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_folder.h"

using namespace chatgate;

namespace {

std::string text_of(const std::string& path) { return read_text_file(path, 1 << 24).value_or(""); }

// Polls until the file holds the text; false when it does not within ten seconds.
bool holds_soon(const std::string& path, std::string_view text) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (text_of(path).find(text) == std::string::npos) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace

TEST_CASE("without an access log no record is begun") {
  AccessLog log(system_clock());
  CHECK(log.begin({1}) == nullptr);
  REQUIRE(log.use("", {}));
  CHECK(log.begin({1}) == nullptr);
  log.reopen();
}

TEST_CASE("a record is written once, when the last who holds it lets it go") {
  const TempFolder folder;
  const ManualClock clock;
  AccessLog log(clock);
  REQUIRE(log.use("a.log", {}));
  auto first = log.begin({1});
  auto second = first;
  first->status = 200;
  first.reset();
  log.begin({2})->status = 404;
  CHECK(holds_soon("a.log", "\"status\":404"));
  CHECK(text_of("a.log").find("\"status\":200") == std::string::npos);
  second->model = "later";
  second.reset();
  REQUIRE(holds_soon("a.log", "later"));  // well before the end of the log
  const std::string text = text_of("a.log");
  CHECK(std::ranges::count(text, '\n') == 2);
  CHECK(text.find("\"time\":\"2026-01-01T00:00:00.000Z\"") != std::string::npos);
}

TEST_CASE("many threads lose no line and break none") {
  const TempFolder folder;
  constexpr int kThreads = 4;
  constexpr int kRecords = 2'000;
  {
    AccessLog log(system_clock());
    REQUIRE(log.use("logs/a.log", {20'000, 10'000}));
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&log, t] {
        for (int i = 0; i < kRecords; ++i) log.begin({t * kRecords + i})->method = "GET";
      });
    }
    for (auto& thread : threads) thread.join();
  }
  std::set<std::string> ids;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("logs")) {
    ++files;
    CHECK(entry.file_size() <= 20'000);
    std::istringstream text(text_of(entry.path()));
    for (std::string line; std::getline(text, line);) {
      CHECK(ids.insert(nlohmann::json::parse(line)["id"]).second);
    }
  }
  CHECK(ids.size() == size_t{kThreads} * kRecords);
  CHECK(files > 10);
}

TEST_CASE("while the file cannot be written lines wait, and those beyond the bound are counted") {
  if (!std::filesystem::exists("/dev/full")) SKIP("no /dev/full here");
  const TempFolder folder;
  AccessLog log(system_clock(), 10'000);
  REQUIRE(log.use("/dev/full", {}));
  const std::string line(99, 'x');
  for (int i = 0; i < 1'000; ++i) log.add(line + "\n");
  CHECK(log.dropped() >=
        800);  // what was being written when the file failed waits beside the bound
  CHECK(log.dropped() <= 900);
  const auto dropped = log.dropped();
  REQUIRE(log.use("a.log", {}));
  CHECK(holds_soon("a.log", line));
  const auto kept = [&] { return std::ranges::count(text_of("a.log"), '\n'); };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (kept() != 1'000 - dropped && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(kept() == 1'000 - dropped);
}

TEST_CASE("an access log that cannot be written changes nothing") {
  const TempFolder folder;
  AccessLog log(system_clock());
  REQUIRE(log.use("a.log", {}));
  folder.write("plain", "");
  CHECK_FALSE(log.use("plain/b.log", {}));
  log.begin({7});
  CHECK(holds_soon("a.log", "req_0000000000000007"));
}

TEST_CASE("an access log that was moved away is opened again") {
  const TempFolder folder;
  AccessLog log(system_clock());
  REQUIRE(log.use("a.log", {}));
  log.begin({1});
  REQUIRE(holds_soon("a.log", "req_0000000000000001"));
  std::filesystem::rename("a.log", "moved");
  log.reopen();
  log.begin({2});
  CHECK(holds_soon("a.log", "req_0000000000000002"));
  REQUIRE(log.use("", {}));
  CHECK(log.begin({3}) == nullptr);
}
