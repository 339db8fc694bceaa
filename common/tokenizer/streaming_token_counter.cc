#include "common/tokenizer/streaming_token_counter.h"

#include <algorithm>

#include "common/tokenizer/piece_encoder.h"
#include "common/tokenizer/utf8.h"

namespace chatgate {

void StreamingTokenCounter::feed(std::string_view part) {
  while (!part.empty()) {
    const size_t bytes = std::min(part.size(), bytes_to_wait_for_ - pending_.size());
    pending_.append(part.substr(0, bytes));
    part.remove_prefix(bytes);
    if (pending_.size() >= bytes_to_wait_for_) take_pieces();
  }
}

void StreamingTokenCounter::end_text() {
  tokens_ = tokens();
  pending_.clear();
  bytes_to_wait_for_ = kBytesAtOnce;
}

// Counts the pieces that no further text can change and keeps the rest. As it waits for at least as
// much again before it looks once more, a long piece is not gone over for each part.
void StreamingTokenCounter::take_pieces() {
  const size_t unfinished = unfinished_utf8_bytes(pending_);
  std::string rest = pending_.substr(pending_.size() - unfinished);
  pending_.resize(pending_.size() - unfinished);
  if (valid_utf8_bytes(pending_) < pending_.size()) pending_ = with_replacements(pending_);

  const TokenTable& table = encoding_->table();
  size_t at = 0;
  while (at < pending_.size()) {
    const PieceEnd end = end_of_piece(encoding_->rule(), pending_, at);
    const bool is_run_too_long = at == 0 && pending_.size() >= kRunBytesMax;
    if (end.saw_end && !is_run_too_long) break;
    tokens_ += encode_piece(table, std::string_view(pending_).substr(at, end.at - at), nullptr);
    at = end.at;
  }
  pending_.erase(0, at);
  pending_ += rest;
  bytes_to_wait_for_ = std::max(kBytesAtOnce, 2 * pending_.size());
}

}  // namespace chatgate
