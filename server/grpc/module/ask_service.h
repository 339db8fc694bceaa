// The method `chat.Chat/Ask` inside the gRPC module: hands each call to the gateway and does what
// the gateway says. See grpc_module.h for threads and lifetimes.
//
// It takes bytes, not messages: gRPC's generated services answer what they cannot parse, and what
// is no single message, by themselves and without a word about it.
#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <memory>
#include <string>
#include <vector>

#include "server/grpc/grpc_module.h"

namespace chatgate {

class AskService final : public grpc::CallbackGenericService {
 public:
  // `metadata`: the names that the gateway wants to know.
  AskService(std::shared_ptr<GrpcHandler> handler, std::vector<std::string> metadata)
      : handler_(std::move(handler)), metadata_(std::move(metadata)) {}

  // Of whatever method no other service has.
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

 private:
  const std::shared_ptr<GrpcHandler> handler_;
  const std::vector<std::string> metadata_;
};

}  // namespace chatgate
