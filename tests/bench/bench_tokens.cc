// Adds many tokens to the account of a database's first token, in one transaction, and prints them
// in random order, so that a load which takes them in turn finds no pattern in memory.
//
//     bench_tokens DB COUNT
//
// `chatgate token add` would commit, and so wait for the disk, a million times.

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "common/domain/api_token.h"

namespace {

// Like the first token in all but what tells it apart.
constexpr const char* kInsertToken =
    "INSERT INTO tokens (user_id, hash, prefix, name, created_at, requests_per_minute,"
    " tokens_per_minute, parallel_requests, revision)"
    " SELECT user_id, ?, ?, name, created_at, requests_per_minute,"
    " tokens_per_minute, parallel_requests, revision FROM tokens WHERE id = 1";

std::vector<std::string> add_tokens(const std::string& path, size_t count) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  SQLite::Transaction transaction(database);
  SQLite::Statement insert(database, kInsertToken);
  std::vector<std::string> tokens;
  for (size_t i = 0; i < count; ++i) {
    tokens.push_back(chatgate::generate_api_token());
    const chatgate::TokenHash hash = chatgate::hash_of_token(tokens.back());
    insert.bind(1, hash.data(), static_cast<int>(hash.size()));
    insert.bind(2, chatgate::prefix_of_token(tokens.back()));
    if (insert.exec() != 1) throw std::runtime_error("the database has no token to copy");
    insert.reset();
  }
  transaction.commit();
  return tokens;
}

}  // namespace

int main(int argument_count, char** arguments) {
  try {
    if (argument_count != 3) throw std::runtime_error("usage: bench_tokens DB COUNT");
    std::vector<std::string> tokens = add_tokens(arguments[1], std::stoul(arguments[2]));
    std::shuffle(tokens.begin(), tokens.end(), std::mt19937{1});
    for (const std::string& token : tokens) std::puts(token.c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 2;
  }
}
