#include "server/grpc/module/ask_service.h"

#include <grpcpp/grpcpp.h>
#include <mutex>
#include <utility>

#include "chat.grpc.pb.h"

namespace chatgate {
namespace {

std::string text_of(grpc::string_ref text) { return {text.data(), text.size()}; }

// Only one that was verified: the server asks for certificates in no other way.
std::string certificate_of(const grpc::CallbackServerContext& context) {
  const auto authentication = context.auth_context();
  if (!authentication) return {};
  const auto certificates = authentication->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  return certificates.size() == 1 ? text_of(certificates.front()) : std::string();
}

// What gRPC tells of one call. It deletes itself when gRPC says that nothing follows.
class AskReactor final : public grpc::ServerGenericBidiReactor {
 public:
  // Both outlive the call.
  AskReactor(grpc::CallbackServerContext& context, GrpcHandler& handler,
             const std::vector<std::string>& metadata)
      : context_(context), handler_(handler), metadata_(metadata) {
    StartRead(&request_);
  }

  void add_metadata(const std::string& name, const std::string& value) {
    context_.AddInitialMetadata(name, value);
  }
  void write(std::string_view response) {
    chat::askresponse message;
    message.set_response(response.data(), response.size());
    response_.Clear();  // the writer wants none
    bool is_owned = false;
    grpc::SerializationTraits<chat::askresponse>::Serialize(message, &response_, &is_owned);
    StartWrite(&response_);
  }
  void cancel() { context_.TryCancel(); }
  void finish(GrpcEnd end) {
    for (const auto& [name, value] : end.trailer) context_.AddTrailingMetadata(name, value);
    Finish({static_cast<grpc::StatusCode>(end.status), end.message});
  }

  void OnReadDone(bool is_there) override {
    using Fault = GrpcQuestion::Fault;
    if (is_there && !has_request_) {
      has_request_ = true;
      return StartRead(&second_request_);  // the end of what the client says
    }
    if (context_.IsCancelled()) return Finish(grpc::Status::CANCELLED);
    begin(is_there || !has_request_ ? Fault::kNotOne : Fault::kNone);
  }
  void OnWriteDone(bool is_sent) override { observer()->on_written(is_sent); }
  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    is_cancelled_ = true;
    if (observer_) observer_->on_cancelled();
  }
  void OnDone() override {
    if (const auto ended = observer()) ended->on_done();
    delete this;
  }

 private:
  void begin(GrpcQuestion::Fault fault);
  std::shared_ptr<GrpcObserver> observer() {
    const std::lock_guard lock(mutex_);
    return observer_;
  }

  grpc::CallbackServerContext& context_;  // gRPC's, until OnDone
  GrpcHandler& handler_;
  const std::vector<std::string>& metadata_;
  grpc::ByteBuffer request_, second_request_, response_;
  bool has_request_ = false;
  std::mutex mutex_;  // reactions may come at the same time, and before the gateway has the call
  std::shared_ptr<GrpcObserver> observer_;
  bool is_cancelled_ = false;
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

void AskReactor::begin(GrpcQuestion::Fault fault) {
  chat::askrequest request;
  const bool is_parsed =
      fault == GrpcQuestion::Fault::kNone &&
      grpc::SerializationTraits<chat::askrequest>::Deserialize(&request_, &request).ok();
  GrpcQuestion question;
  question.fault =
      fault == GrpcQuestion::Fault::kNone && !is_parsed ? GrpcQuestion::Fault::kUnparsable : fault;
  if (is_parsed) {
    question.prompt = std::move(*request.mutable_prompt());
    question.conversation_id = std::move(*request.mutable_conversation_id());
    question.parent_id = std::move(*request.mutable_parent_id());
  }
  question.peer = context_.peer();
  question.certificate = certificate_of(context_);
  for (const auto& name : metadata_) {
    const auto [begin, end] = context_.client_metadata().equal_range(name);
    for (auto at = begin; at != end; ++at) {
      question.metadata.emplace_back(name, text_of(at->second));
    }
  }
  const std::lock_guard lock(mutex_);
  observer_ = handler_.ask(std::move(question), std::make_unique<AskCall>(*this));
  if (is_cancelled_) observer_->on_cancelled();
}

}  // namespace

grpc::ServerGenericBidiReactor* AskService::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  static const std::string method = std::string("/") + chat::Chat::service_full_name() + "/Ask";
  if (context->method() != method) return CallbackGenericService::CreateReactor(context);
  return new AskReactor(*context, *handler_, metadata_);
}

}  // namespace chatgate
