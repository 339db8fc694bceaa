// Finds the gRPC module inside the program and loads it, and with it libgrpc++ and what that needs:
// only where the gRPC door is open. The main thread calls it.
#pragma once

#include <memory>

#include "common/result.h"
#include "server/grpc/grpc_module.h"

namespace chatgate {

// A server out of the module, which is loaded once and for good. The error says which Debian
// package is missing when libgrpc++ is.
Result<std::unique_ptr<GrpcServer>> start_grpc_server(const GrpcSettings& settings,
                                                      std::shared_ptr<GrpcHandler> handler);

}  // namespace chatgate
