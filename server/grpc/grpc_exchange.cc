#include "server/grpc/grpc_exchange.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/domain/usage_record.h"
#include "server/json/json_cursor.h"

namespace chatgate {
namespace {

constexpr std::string_view kError = "<|err|>";

// google.rpc.Code.
constexpr int kCancelled = 1;
constexpr int kUnknown = 2;
constexpr int kInvalidArgument = 3;
constexpr int kDeadlineExceeded = 4;
constexpr int kNotFound = 5;
constexpr int kAlreadyExists = 6;
constexpr int kPermissionDenied = 7;
constexpr int kResourceExhausted = 8;
constexpr int kUnimplemented = 12;
constexpr int kInternal = 13;
constexpr int kUnavailable = 14;
constexpr int kUnauthenticated = 16;

}  // namespace

const std::vector<std::string>& grpc_metadata_names() {
  static const std::vector<std::string> names = {
      "authorization", "api-key",    "accept-language", "x-forwarded-for",
      "traceparent",   "tracestate", "user-agent"};
  return names;
}

std::string ip_of_peer(std::string_view peer) {
  const bool is_v6 = peer.starts_with("ipv6:");
  if (!is_v6 && !peer.starts_with("ipv4:")) return {};
  peer.remove_prefix(5);
  peer = peer.substr(0, peer.rfind(':'));
  if (!is_v6) return std::string(peer);
  const auto strip = [&](std::string_view plain, std::string_view encoded, bool is_front) {
    for (const auto bracket : {plain, encoded}) {
      if (is_front && peer.starts_with(bracket)) return peer.remove_prefix(bracket.size());
      if (!is_front && peer.ends_with(bracket)) return peer.remove_suffix(bracket.size());
    }
  };
  strip("[", "%5B", true);
  strip("]", "%5D", false);
  constexpr std::string_view kMapped = "::ffff:";
  const bool is_v4 = peer.starts_with(kMapped) && peer.find('.') != std::string_view::npos;
  return std::string(is_v4 ? peer.substr(kMapped.size()) : peer);
}

int grpc_status_of(int http_status) {
  switch (http_status) {
    case 401:
      return kUnauthenticated;
    case 403:
      return kPermissionDenied;
    case 404:
      return kNotFound;
    case 405:
    case 501:
      return kUnimplemented;
    case 408:
    case 504:
      return kDeadlineExceeded;
    case 409:
      return kAlreadyExists;
    case 402:
    case 413:
    case 429:
      return kResourceExhausted;
    case 500:
      return kInternal;
    case 502:
    case 503:
      return kUnavailable;
    default:
      return http_status < 400 ? kUnknown : http_status < 500 ? kInvalidArgument : kUnavailable;
  }
}

// As gRPC's own servers say it (gRPC, "Status codes and their use in gRPC").
GrpcEnd end_of_fault(GrpcQuestion::Fault fault) {
  if (fault == GrpcQuestion::Fault::kNotOne) {
    return {kUnimplemented, "a call has one question, no less and no more", {}};
  }
  return {
      kInternal, "the question is no askrequest of chat.proto, or a text in it is no UTF-8", {}};
}

std::string as_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::string(text);
  using nlohmann::json;
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace))
      .get<std::string>();
}

void GrpcCallState::on_written(bool is_sent) {
  loop_.post([self = shared_from_this(), is_sent] {
    self->is_sent_ = is_sent;
    self->written_.notify();
  });
}

void GrpcCallState::on_cancelled() {
  loop_.post([self = shared_from_this()] {
    self->is_cancelled_ = true;
    if (const auto callback = std::exchange(self->when_cancelled_, nullptr)) callback();
  });
}

bool GrpcCallState::write(std::string_view text, int64_t timeout_ms) {
  if (is_cancelled_) return false;
  on_large_stack([&] { call_->write(as_utf8(text)); });
  if (written_.wait(timeout_ms)) return is_sent_;
  cancel();
  written_.wait();  // for the call may end only after the write has
  return false;
}

void GrpcCallState::add_metadata(const std::string& name, const std::string& value) {
  if (call_) call_->add_metadata(name, value);
}

void GrpcCallState::cancel() {
  if (call_) on_large_stack([&] { call_->cancel(); });
}

void GrpcCallState::finish(GrpcEnd end) {
  when_cancelled_ = nullptr;
  if (!call_) return;
  end.message = as_utf8(end.message);
  on_large_stack([&] { call_->finish(std::move(end)); });
  call_.reset();
}

void GrpcCallState::on_large_stack(const std::function<void()>& work) {
  auto* coroutine = Coroutine::current();
  coroutine ? coroutine->run_on_loop_stack(work) : work();
}

GrpcExchange::GrpcExchange(std::shared_ptr<GrpcCallState> state, RequestId id,
                           const MessageOrigin& origin, size_t bytes_in, AccessLog* access_log,
                           int64_t write_timeout_ms)
    : MessageExchange(state->loop(), id, origin, bytes_in, access_log),
      state_(std::move(state)),
      write_timeout_ms_(write_timeout_ms),
      fault_status_(kInvalidArgument) {
  state_->when_cancelled([this] { client_gone(); });
  if (state_->is_cancelled()) client_gone();
  state_->add_metadata("x-request-id", format_request_id(id));
}

GrpcExchange::~GrpcExchange() { state_->when_cancelled(nullptr); }

void GrpcExchange::finish_call() {
  const bool is_whole = finish();
  if (end_.status == 0 && !is_whole) {
    end_ = {state_->is_cancelled() ? kCancelled : kUnavailable, "the answer was broken off", {}};
    send_message(kError);
  }
  state_->finish(std::move(end_));
}

bool GrpcExchange::send_message(std::string_view text) {
  return state_->write(text, write_timeout_ms_);
}

bool GrpcExchange::send_error(int status, std::string_view text) {
  const int grpc_status = grpc_status_of(status);
  end_.status = grpc_status == kInvalidArgument ? fault_status_ : grpc_status;
  end_.message = text;
  return send_message(kError);
}

void GrpcExchange::heed_headers(const HeaderList& headers) {
  for (const auto& [name, value] : headers) {
    if (name.starts_with("x-ratelimit-")) state_->add_metadata(name, value);
    if (name == "retry-after-ms") end_.trailer.emplace_back(name, value);
  }
}

}  // namespace chatgate
