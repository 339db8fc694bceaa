#include "server/transport/message_exchange.h"

#include <cassert>
#include <cstring>
#include <exception>
#include <utility>

#include "common/clock.h"
#include "common/log/access_log.h"
#include "common/log/log.h"

namespace chatgate {
namespace {

// Before each piece: its status (0: a message) and its length.
struct PieceHead {
  uint32_t status = 0;
  uint32_t bytes = 0;
};

std::string piece(uint32_t status, std::string_view text) {
  const PieceHead head{status, static_cast<uint32_t>(text.size())};
  std::string bytes(sizeof head, '\0');
  std::memcpy(bytes.data(), &head, sizeof head);
  return bytes.append(text);
}

}  // namespace

std::string message_piece(std::string_view text) { return piece(0, text); }

std::string error_piece(int status, std::string_view text) {
  assert(status >= 400);
  return piece(static_cast<uint32_t>(status), text);
}

class MessageExchange::Sink final : public BodySink {
 public:
  explicit Sink(MessageExchange& exchange) : exchange_(exchange) {}
  bool write(std::string_view bytes) override { return exchange_.send_pieces(bytes); }
  bool flush() override { return exchange_.flush_messages() && !exchange_.is_gone_; }
  void cut() override { exchange_.cut(); }

 private:
  MessageExchange& exchange_;
};

MessageExchange::MessageExchange(EventLoop& loop, RequestId id, const MessageOrigin& origin,
                                 size_t bytes_in, AccessLog* access_log)
    : loop_(loop), id_(id), origin_(origin), started_ms_(system_clock().steady_ms()) {
  head_.method = "POST";
  head_.target = origin.path;
  for (const auto& [name, value] : origin.headers) head_.fields.push_back({name, value});
  meter_.begin(&loop.metrics());
  if (access_log != nullptr) record_ = access_log->begin(id);
  if (!record_) return;
  record_->client = origin.client_ip;
  record_->method = origin.transport;
  record_->bytes_in = static_cast<int64_t>(bytes_in);
}

// The pipeline has said already what the books say; of all else the exchange itself tells.
MessageExchange::~MessageExchange() {
  meter_.end();
  if (!record_) return;
  record_->duration_ms = system_clock().steady_ms() - started_ms_;
  if (!record_->outcome.empty()) return;
  record_->outcome = !is_whole_               ? "aborted"
                     : record_->status >= 500 ? "failed"
                     : record_->status >= 400 ? "refused"
                                              : "completed";
}

bool MessageExchange::finish() {
  if (const auto produce = std::exchange(produce_, nullptr)) {
    try {
      Sink sink(*this);
      is_whole_ = produce(sink);
    } catch (const std::exception& error) {
      log::error("answer_broken_off", {{"reason", std::string_view(error.what())}});
      is_whole_ = false;
    }
  }
  on_gone_ = nullptr;
  return is_whole_ && !is_gone_;
}

void MessageExchange::client_gone() {
  is_gone_ = true;
  if (const auto callback = std::exchange(on_gone_, nullptr)) callback();
}

void MessageExchange::on_client_gone(std::function<void()> callback) {
  is_gone_ ? callback() : void(on_gone_ = std::move(callback));
}

void MessageExchange::answer(int status, HeaderList headers, std::string body) {
  heed_headers(headers);
  note_status(status);
  is_whole_ = status < 400 ? send_pieces(body) : note_sent(send_error(status, body), body.size());
}

void MessageExchange::stream(int status, HeaderList headers, int64_t,
                             std::function<bool(BodySink&)> produce) {
  heed_headers(headers);
  note_status(status);
  produce_ = std::move(produce);
}

bool MessageExchange::send_pieces(std::string_view bytes) {
  unsent_.append(bytes);
  size_t sent = 0;
  PieceHead head;
  while (!is_gone_ && unsent_.size() - sent >= sizeof head) {
    std::memcpy(&head, unsent_.data() + sent, sizeof head);
    if (unsent_.size() - sent - sizeof head < head.bytes) break;
    const auto text = std::string_view(unsent_).substr(sent + sizeof head, head.bytes);
    sent += sizeof head + head.bytes;
    const bool is_sent =
        head.status == 0 ? send_message(text) : send_error(static_cast<int>(head.status), text);
    if (!note_sent(is_sent, text.size())) client_gone();
  }
  unsent_.erase(0, sent);
  return !is_gone_;
}

void MessageExchange::note_status(int status) {
  meter_.status = status;
  if (record_) record_->status = status;
}

bool MessageExchange::note_sent(bool is_sent, size_t bytes) {
  if (is_sent && record_) {
    record_->bytes_out += static_cast<int64_t>(bytes);
    if (record_->first_byte_ms < 0) {
      record_->first_byte_ms = system_clock().steady_ms() - started_ms_;
    }
  }
  return is_sent;
}

}  // namespace chatgate
