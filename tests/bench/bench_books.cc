// Makes a database with the books of 35 days that end now: 200 users, 1,000 tokens, 12 models, and
// as many requests as asked for. Rows, daily roll-up, chains and balances are those that the
// gateway would have written, so `chatgate ledger verify` finds no fault in them.
//
//     bench_books DB [--rows 10000000]
//
// Past the store, without journal and waiting for the disk: the gateway would take an hour.

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "common/store/open_store.h"
#include "options.h"

namespace {

using namespace chatgate;

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kDays = 35;
constexpr size_t kUsers = 200;
constexpr size_t kTokens = 1'000;
constexpr size_t kModels = 12;
constexpr int64_t kSerials = int64_t{1} << kRequestIdTimeShift;

constexpr const char* kInsertName = "INSERT INTO names (id, name) VALUES (?, ?)";
constexpr const char* kInsertUsage =
    "INSERT INTO usage (id, user_id, token_id, price_id, model_id, endpoint_id, upstream_id,"
    " remote_id, status, estimated, http_status, prompt, cached_prompt, audio_prompt, completion,"
    " reasoning_completion, audio_completion, rate, cost, written_off, duration_ms, previous_id)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, 0, ?, 0, 0, 1000000000, ?, 0, ?, ?)";
constexpr const char* kInsertLine =
    "INSERT INTO usage_daily (day, user_id, token_id, model_id, requests, prompt, cached_prompt,"
    " audio_prompt, completion, reasoning_completion, audio_completion, cost, written_off, last_id)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, 0, 0, ?, 0, ?)";
constexpr const char* kCharge = "UPDATE users SET balance = balance - ? WHERE id = ?";

template <class T>
T must(Result<T> result) {
  if (!result) bench::give_up(result.error().message);
  return *std::move(result);
}

template <class... Values>
void run(SQLite::Statement& statement, const Values&... values) {
  int index = 0;
  (statement.bind(++index, values), ...);
  statement.exec();
  statement.reset();
}

// One line of the daily roll-up.
struct Line {
  int64_t requests = 0;
  TokenUsage usage;
  int64_t cost = 0;
  int64_t last_id = 0;
};

class Books {
 public:
  explicit Books(const std::string& path) {
    make_accounts(path);
    database_ = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE);
    database_->exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    database_->exec("PRAGMA cache_size = -200000");
    for (size_t i = 0; i < kModels; ++i) add_name(model_name_id(i), model_name(i));
    add_name(kChatId, "/v1/chat/completions");
    add_name(kEmbeddingsId, "/v1/embeddings");
    add_name(kUpstreamId, "main");
    insert_usage_ = std::make_unique<SQLite::Statement>(*database_, kInsertUsage);
    insert_line_ = std::make_unique<SQLite::Statement>(*database_, kInsertLine);
  }

  void fill(int64_t rows) {
    const int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
    const int64_t from_ms = now_ms - kDays * kDayMs;
    SQLite::Transaction transaction(*database_);
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t time_ms = from_ms + i * (kDays * kDayMs) / rows;
      if (time_ms / kDayMs != day_) {
        write_lines();
        day_ = time_ms / kDayMs;
      }
      add_row((time_ms << kRequestIdTimeShift) + i % kSerials);
    }
    write_lines();
    SQLite::Statement charge(*database_, kCharge);
    for (size_t i = 0; i < kUsers; ++i) run(charge, costs_[i], static_cast<int64_t>(i) + 1);
    transaction.commit();
    database_->exec("PRAGMA journal_mode = WAL");
  }

 private:
  static constexpr int64_t kChatId = 101;
  static constexpr int64_t kEmbeddingsId = 102;
  static constexpr int64_t kUpstreamId = 103;
  static int64_t model_name_id(size_t model) { return static_cast<int64_t>(model) + 1; }
  static std::string model_name(size_t model) { return "model-" + std::to_string(model); }

  // A new database numbers users, tokens and prices from 1.
  void make_accounts(const std::string& path) {
    const auto store = must(open_store(path, OpenMode::kCreate));
    for (size_t i = 0; i < kUsers; ++i) {
      User user;
      user.name = "user-" + std::to_string(i);
      must(store->add_user(user, {1'000'000'000'000'000}));
    }
    for (size_t i = 0; i < kTokens; ++i) {
      const std::string text = generate_api_token();
      ApiToken token;
      token.user_id = {static_cast<int64_t>(i % kUsers) + 1};
      token.hash = hash_of_token(text);
      token.prefix = prefix_of_token(text);
      must(store->add_token(token));
    }
    for (size_t i = 0; i < kModels; ++i) {
      Price price;
      price.model = model_name(i);
      price.input = {static_cast<int64_t>(i + 1) * 100'000};
      price.output = {static_cast<int64_t>(i + 1) * 400'000};
      prices_.push_back(must(store->add_price(price)));
    }
  }

  void add_name(int64_t id, const std::string& name) {
    SQLite::Statement insert(*database_, kInsertName);
    run(insert, id, name);
  }

  void add_row(int64_t id) {
    const size_t token = random_() % kTokens;
    const size_t model = random_() % kModels;
    const auto user = static_cast<int64_t>(token % kUsers) + 1;
    const bool is_failed = random_() % 50 == 0;
    TokenUsage usage;
    if (!is_failed) {
      usage.prompt = static_cast<int64_t>(random_() % 4'000);
      usage.cached_prompt = usage.prompt / 4;
      usage.completion = static_cast<int64_t>(random_() % 1'000);
    }
    const Price& price = prices_[model];
    const int64_t cost = is_failed ? 0 : cost_of(usage, price, Unit{})->nanos;
    Line& line = lines_.at(token).at(model);
    run(*insert_usage_, id, user, static_cast<int64_t>(token) + 1, price.id.value,
        model_name_id(model), model % 4 == 0 ? kEmbeddingsId : kChatId, kUpstreamId,
        "chatcmpl-" + std::to_string(id), is_failed ? 3 : 0, is_failed ? 502 : 200, usage.prompt,
        usage.cached_prompt, usage.completion, cost, static_cast<int64_t>(random_() % 5'000),
        line.last_id);
    ++line.requests;
    line.usage += usage;
    line.cost += cost;
    line.last_id = id;
    costs_.at(token % kUsers) += cost;
  }

  // In the key's order: user, token, model.
  void write_lines() {
    for (size_t user = 0; user < kUsers; ++user) {
      for (size_t token = user; token < kTokens; token += kUsers) {
        for (size_t model = 0; model < kModels; ++model) {
          const Line line = std::exchange(lines_.at(token).at(model), Line{});
          if (line.requests == 0) continue;
          run(*insert_line_, day_, static_cast<int64_t>(user) + 1, static_cast<int64_t>(token) + 1,
              model_name_id(model), line.requests, line.usage.prompt, line.usage.cached_prompt,
              line.usage.completion, line.cost, line.last_id);
        }
      }
    }
  }

  std::unique_ptr<SQLite::Database> database_;
  std::unique_ptr<SQLite::Statement> insert_usage_;
  std::unique_ptr<SQLite::Statement> insert_line_;
  std::vector<Price> prices_;
  std::mt19937_64 random_{1};
  std::array<std::array<Line, kModels>, kTokens> lines_;  // of day_
  std::array<int64_t, kUsers> costs_{};
  int64_t day_ = 0;
};

}  // namespace

int main(int argument_count, char** arguments) {
  try {
    if (argument_count < 2) bench::give_up("usage: bench_books DB [--rows N]");
    bench::Options options(argument_count, arguments, 2);
    const int64_t rows = options.number("rows", 10'000'000, 1, 100'000'000);
    options.reject_unknown();
    // On the heap, since the lines of a day are large.
    std::make_unique<Books>(arguments[1])->fill(rows);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 2;
  }
}
