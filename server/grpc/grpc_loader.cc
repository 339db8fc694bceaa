#include "server/grpc/grpc_loader.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

// Of the assembler (cmake/grpc_module.S.in).
extern "C" const char chatgate_grpc_module[];
extern "C" const char chatgate_grpc_module_end[];

namespace chatgate {
namespace {

// A file that is only in memory, so that the loader can be told its name.
Result<int> write_module() {
  const std::string_view module(
      chatgate_grpc_module, static_cast<size_t>(chatgate_grpc_module_end - chatgate_grpc_module));
  const int file = memfd_create("chatgate-grpc", MFD_CLOEXEC);
  size_t written = 0;
  while (file >= 0 && written < module.size()) {
    const ssize_t bytes = ::write(file, module.data() + written, module.size() - written);
    if (bytes < 0 && errno != EINTR) break;
    if (bytes > 0) written += static_cast<size_t>(bytes);
  }
  if (written == module.size()) return file;
  const int reason = errno;
  if (file >= 0) ::close(file);
  return fail(ErrorCode::kSystem,
              std::string("cannot unpack the gRPC module: ") + std::strerror(reason));
}

std::string advice_on(std::string_view reason) {
  return std::string("grpc_listen needs gRPC's library, which cannot be loaded: ") +
         std::string(reason) +
         "; install the package " CHATGATE_GRPC_PACKAGE ", or leave grpc_listen off";
}

Result<StartGrpcServer*> load_module() {
  const auto file = write_module();
  if (!file) return tl::unexpected(file.error());
  const std::string path = "/proc/self/fd/" + std::to_string(*file);
  void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  std::string reason = module == nullptr ? ::dlerror() : "";
  ::close(*file);
  if (module == nullptr) return fail(ErrorCode::kSystem, advice_on(reason));
  auto* start = reinterpret_cast<StartGrpcServer*>(::dlsym(module, kStartGrpcServer));
  if (start == nullptr) return fail(ErrorCode::kInternal, "the gRPC module has no entry");
  return start;
}

}  // namespace

Result<std::unique_ptr<GrpcServer>> start_grpc_server(const GrpcSettings& settings,
                                                      std::shared_ptr<GrpcHandler> handler) {
  static const auto start = load_module();
  if (!start) return tl::unexpected(start.error());
  std::string error;
  std::unique_ptr<GrpcServer> server((*start)(settings, std::move(handler), error));
  if (!server) return fail(ErrorCode::kSystem, "grpc_listen: " + error);
  return server;
}

}  // namespace chatgate
