// The module's server: its services, its limits and its end. See server/grpc/grpc_module.h.
#include "server/grpc/grpc_module.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <atomic>
#include <mutex>
#include <thread>

#include "chat.grpc.pb.h"
#include "server/grpc/module/ask_service.h"
#include "server/grpc/module/reflection_service.h"

namespace chatgate {
namespace {

using Acceptor = grpc::experimental::ExternalConnectionAcceptor;
using Builder = grpc::ServerBuilder;

// One connection's share of the gateway: more calls than that wait at the client.
constexpr int kCallsPerConnectionMax = 256;
// How often a client is asked whether it is still there, and how long it may take to say so.
constexpr int kPingIntervalMs = 60'000;
constexpr int kPingTimeoutMs = 20'000;
// Clients may ask as well; more often than that is taken for an attack.
constexpr int kClientPingIntervalMs = 10'000;

grpc_ssl_client_certificate_request_type request_type_of(GrpcTls::ClientAuth auth) {
  switch (auth) {
    case GrpcTls::ClientAuth::kOptional:
      return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
    case GrpcTls::ClientAuth::kRequired:
      return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
    default:
      return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  }
}

std::shared_ptr<grpc::ServerCredentials> credentials_of(const GrpcTls& tls) {
  if (tls.certificate.empty()) return grpc::InsecureServerCredentials();
  const bool asks = tls.client_auth != GrpcTls::ClientAuth::kOff;
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<grpc::experimental::StaticDataCertificateProvider>(
          asks ? tls.client_ca : std::string(),
          std::vector<grpc::experimental::IdentityKeyCertPair>{{tls.key, tls.certificate}}));
  options.watch_identity_key_cert_pairs();
  if (asks) options.watch_root_certs();
  options.set_cert_request_type(request_type_of(tls.client_auth));
  return grpc::experimental::TlsServerCredentials(options);
}

// gRPC and Protobuf have one log each for the whole process.
std::mutex log_mutex;
std::weak_ptr<GrpcHandler> log_handler;

void write_log(bool is_fault, std::string_view text) {
  std::shared_ptr<GrpcHandler> handler;
  {
    const std::lock_guard lock(log_mutex);
    handler = log_handler.lock();
  }
  if (handler) handler->on_log(is_fault, text);
}

// What clients do is an error to gRPC as well; ours are those about the certificates' files.
void write_grpc_log(gpr_log_func_args* line) {
  const std::string_view file = line->file;
  const bool is_ours = file.find("certificate_provider") != std::string_view::npos;
  write_log(is_ours && line->severity == GPR_LOG_SEVERITY_ERROR, line->message);
}

void write_protobuf_log(google::protobuf::LogLevel, const char*, int, const std::string& text) {
  write_log(false, text);
}

void set_limits(Builder& builder, const GrpcSettings& settings) {
  builder.SetMaxReceiveMessageSize(settings.message_bytes_max);
  // A small message could be blown up to any size; and answers are sent as they are.
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
  }
  const std::pair<const char*, int> arguments[] = {
      {GRPC_ARG_MAX_METADATA_SIZE, settings.metadata_bytes_max},
      {GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, settings.handshake_timeout_ms},
      {GRPC_ARG_MAX_CONNECTION_IDLE_MS, settings.idle_timeout_ms},
      {GRPC_ARG_MAX_CONNECTION_AGE_MS, settings.connection_age_ms},
      {GRPC_ARG_MAX_CONCURRENT_STREAMS, kCallsPerConnectionMax},
      {GRPC_ARG_KEEPALIVE_TIME_MS, kPingIntervalMs},
      {GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs},
      {GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1},
      {GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kClientPingIntervalMs},
      {GRPC_ARG_ENABLE_CHANNELZ, 0},
      {GRPC_ARG_ENABLE_CENSUS, 0},
  };
  for (const auto& [name, value] : arguments) builder.AddChannelArgument(name, value);
}

class ModuleServer final : public GrpcServer {
 public:
  ModuleServer(const GrpcSettings& settings, std::shared_ptr<GrpcHandler> handler)
      : ask_(std::move(handler), settings.metadata),
        reflection_(
            make_reflection_services({chat::Chat::service_full_name(), "grpc.health.v1.Health"})) {
    Builder builder;
    set_limits(builder, settings);
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        Builder::experimental_type::ExternalConnectionType::FROM_FD, credentials_of(settings.tls));
    builder.RegisterCallbackGenericService(&ask_);
    for (const auto& service : reflection_) builder.RegisterService(service.get());
    server_ = builder.BuildAndStart();
    if (server_) {
      server_->GetHealthCheckService()->SetServingStatus(chat::Chat::service_full_name(), true);
    }
  }

  ~ModuleServer() override {
    if (!server_) return;
    drain();
    end_.join();
  }

  bool is_running() const { return server_ != nullptr; }

  void take(int socket) override {
    Acceptor::NewConnectionParameters parameters;
    parameters.fd = socket;
    acceptor_->HandleNewConnection(&parameters);
  }

  void drain() override {
    if (is_draining_.exchange(true)) return;
    server_->GetHealthCheckService()->SetServingStatus(false);
    end_ = std::thread([this] {
      server_->Shutdown();
      has_ended_ = true;
    });
  }

  bool has_ended() const override { return has_ended_; }

 private:
  AskService ask_;
  std::vector<std::unique_ptr<grpc::Service>> reflection_;
  std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;  // before what it uses
  std::atomic<bool> is_draining_ = false, has_ended_ = false;
  std::thread end_;  // waits for calls and connections to end
};

}  // namespace
}  // namespace chatgate

extern "C" __attribute__((visibility("default"))) chatgate::GrpcServer* chatgate_start_grpc_server(
    const chatgate::GrpcSettings& settings, std::shared_ptr<chatgate::GrpcHandler> handler,
    std::string& error) {
  {
    const std::lock_guard lock(chatgate::log_mutex);
    chatgate::log_handler = handler;
  }
  gpr_set_log_function(chatgate::write_grpc_log);
  google::protobuf::SetLogHandler(chatgate::write_protobuf_log);
  grpc::EnableDefaultHealthCheckService(true);
  auto server = std::make_unique<chatgate::ModuleServer>(settings, std::move(handler));
  if (server->is_running()) return server.release();
  error = "libgrpc++ could not start its server";
  return nullptr;
}
