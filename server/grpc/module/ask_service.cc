#include "server/grpc/module/ask_service.h"

#include <grpcpp/grpcpp.h>
#include <cassert>
#include <utility>

namespace chatgate {
namespace {

// What gRPC tells of one call. It deletes itself when gRPC says that nothing follows.
class AskReactor final : public grpc::ServerWriteReactor<chat::askresponse> {
 public:
  explicit AskReactor(grpc::CallbackServerContext& context) : context_(context) {}

  // Before the service's method returns, and so before any reaction.
  void report_to(std::shared_ptr<GrpcObserver> observer) { observer_ = std::move(observer); }

  void add_metadata(const std::string& name, const std::string& value) {
    context_.AddInitialMetadata(name, value);
  }
  void write(std::string_view response) {
    response_.set_response(response.data(), response.size());
    StartWrite(&response_);
  }
  void cancel() { context_.TryCancel(); }
  void finish(GrpcEnd end) {
    for (const auto& [name, value] : end.trailer) context_.AddTrailingMetadata(name, value);
    Finish({static_cast<grpc::StatusCode>(end.status), end.message});
  }

  void OnWriteDone(bool is_sent) override { observer_->on_written(is_sent); }
  void OnCancel() override { observer_->on_cancelled(); }
  void OnDone() override {
    observer_->on_done();
    delete this;
  }

 private:
  grpc::CallbackServerContext& context_;  // gRPC's, until OnDone
  std::shared_ptr<GrpcObserver> observer_;
  chat::askresponse response_;
};

class AskCall final : public GrpcCall {
 public:
  explicit AskCall(AskReactor& reactor) : reactor_(&reactor) {}
  ~AskCall() override {
    if (reactor_ != nullptr) finish({grpc::StatusCode::UNAVAILABLE, "the gateway stops", {}});
  }
  AskCall(const AskCall&) = delete;
  AskCall& operator=(const AskCall&) = delete;

  void add_metadata(const std::string& name, const std::string& value) override {
    reactor_->add_metadata(name, value);
  }
  void write(std::string_view response) override { reactor_->write(response); }
  void cancel() override { reactor_->cancel(); }
  void finish(GrpcEnd end) override { std::exchange(reactor_, nullptr)->finish(std::move(end)); }

 private:
  AskReactor* reactor_;  // null when the call is finished, for it may be gone then
};

std::string text_of(grpc::string_ref text) { return {text.data(), text.size()}; }

// Only one that was verified: the server asks for certificates in no other way.
std::string certificate_of(const grpc::CallbackServerContext& context) {
  const auto authentication = context.auth_context();
  if (!authentication) return {};
  const auto certificates = authentication->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  return certificates.size() == 1 ? text_of(certificates.front()) : std::string();
}

}  // namespace

grpc::ServerWriteReactor<chat::askresponse>* AskService::Ask(grpc::CallbackServerContext* context,
                                                             const chat::askrequest* request) {
  GrpcQuestion question{request->prompt(),
                        request->conversation_id(),
                        request->parent_id(),
                        context->peer(),
                        {},
                        certificate_of(*context)};
  for (const auto& name : metadata_) {
    const auto [begin, end] = context->client_metadata().equal_range(name);
    for (auto at = begin; at != end; ++at) {
      question.metadata.emplace_back(name, text_of(at->second));
    }
  }
  // gRPC keeps what is asked of a reactor back until this method has returned it, so the gateway
  // may begin at once.
  auto* reactor = new AskReactor(*context);
  reactor->report_to(handler_->ask(std::move(question), std::make_unique<AskCall>(*reactor)));
  return reactor;
}

}  // namespace chatgate
