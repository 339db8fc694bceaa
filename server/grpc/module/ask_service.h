// The service `chat.Chat` inside the gRPC module: hands each call to the gateway and does what the
// gateway says. See grpc_module.h for threads and lifetimes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "chat.grpc.pb.h"
#include "server/grpc/grpc_module.h"

namespace chatgate {

class AskService final : public chat::Chat::CallbackService {
 public:
  // `metadata`: the names that the gateway wants to know.
  AskService(std::shared_ptr<GrpcHandler> handler, std::vector<std::string> metadata)
      : handler_(std::move(handler)), metadata_(std::move(metadata)) {}

  grpc::ServerWriteReactor<chat::askresponse>* Ask(grpc::CallbackServerContext* context,
                                                   const chat::askrequest* request) override;

 private:
  const std::shared_ptr<GrpcHandler> handler_;
  const std::vector<std::string> metadata_;
};

}  // namespace chatgate
