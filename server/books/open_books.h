// The books of a running gateway: the database under its lock, and all that keeps them. Opened at
// the start, closed at the end.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/config/config.h"
#include "common/ledger/ledger.h"
#include "common/store/open_store.h"
#include "server/books/book_writer.h"
#include "server/books/directory.h"
#include "server/books/reservations.h"
#include "server/books/store_reader.h"
#include "server/conversation/conversation_sweeper.h"
#include "server/conversation/conversations.h"
#include "server/transport/request_ids.h"

namespace chatgate {

class Books {
 public:
  explicit Books(const Clock& clock)
      : request_ids(clock), reservations(ledger), directory(clock), clock_(clock) {}

  // Opens the database, ends what a gateway that died has left open, and makes the accounts that
  // the configuration names; with `is_demo` also those of the demo. With a lane of its own this
  // process serves beside another one, whose requests are left alone. REQUIRES: called once.
  Result<void> open(const Config& config, bool is_demo, std::unique_ptr<ServeLock> lock,
                    std::optional<int64_t> lane);
  // Commits what requests have left behind. REQUIRES: the loops have stopped.
  void close();

  const std::string& demo_token() const { return demo_token_; }  // if this start has made it
  ServeLock& lock() const { return *lock_; }

  RequestIds request_ids;
  Ledger ledger;
  Reservations reservations;
  Directory directory;
  // After `open`:
  std::unique_ptr<BookWriter> writer;
  std::unique_ptr<StoreReader> reader;
  std::unique_ptr<Conversations> conversations;

 private:
  Result<void> sweep();
  Result<void> prepare_demo();
  Result<void> open_conversations(const Config& config);

  const Clock& clock_;
  std::unique_ptr<ServeLock> lock_;
  std::unique_ptr<Store> store_;  // until the writer has it
  std::string demo_token_;
  std::unique_ptr<ConversationSweeper> sweeper_;
};

}  // namespace chatgate
