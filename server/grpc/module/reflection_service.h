// gRPC's server reflection in both of its versions, for tools like grpcurl. gRPC's own holds a
// thread for each client that asks; this one answers from callbacks.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace grpc {
class Service;
}

namespace chatgate {

// `services`: the names of those that the server offers beside reflection itself.
std::vector<std::unique_ptr<grpc::Service>> make_reflection_services(
    const std::vector<std::string>& services);

}  // namespace chatgate
