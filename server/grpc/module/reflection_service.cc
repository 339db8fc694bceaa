#include "server/grpc/module/reflection_service.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/grpcpp.h>
#include <set>
#include <utility>

#include "reflection_v1.grpc.pb.h"
#include "reflection_v1alpha.grpc.pb.h"

namespace chatgate {
namespace {

namespace protobuf = google::protobuf;

struct V1 {
  using Service = grpc::reflection::v1::ServerReflection::CallbackService;
  using Request = grpc::reflection::v1::ServerReflectionRequest;
  using Response = grpc::reflection::v1::ServerReflectionResponse;
};

struct V1Alpha {
  using Service = grpc::reflection::v1alpha::ServerReflection::CallbackService;
  using Request = grpc::reflection::v1alpha::ServerReflectionRequest;
  using Response = grpc::reflection::v1alpha::ServerReflectionResponse;
};

// The file and those that it imports, each after its imports.
void add_files(const protobuf::FileDescriptor& file, std::set<std::string>& seen,
               std::vector<std::string>& files) {
  if (!seen.insert(std::string(file.name())).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) add_files(*file.dependency(i), seen, files);
  protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  files.push_back(proto.SerializeAsString());
}

template <class Response>
void refuse(Response& response, grpc::StatusCode code, const std::string& message) {
  auto& error = *response.mutable_error_response();
  error.set_error_code(code);
  error.set_error_message(message);
}

template <class Response>
void answer_file(const protobuf::FileDescriptor* file, Response& response) {
  if (file == nullptr) return refuse(response, grpc::StatusCode::NOT_FOUND, "not found");
  std::set<std::string> seen;
  std::vector<std::string> files;
  add_files(*file, seen, files);
  for (auto& bytes : files) {
    response.mutable_file_descriptor_response()->add_file_descriptor_proto(std::move(bytes));
  }
}

// Proto3 has no extensions, so those of proto2 alone are asked for in vain.
template <class Request, class Response>
void answer_reflection(const Request& request, const std::vector<std::string>& services,
                       Response& response) {
  const auto& pool = *protobuf::DescriptorPool::generated_pool();
  response.Clear();
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kListServices:
      for (const auto& name : services) {
        response.mutable_list_services_response()->add_service()->set_name(name);
      }
      return;
    case Request::kFileByFilename:
      return answer_file(pool.FindFileByName(request.file_by_filename()), response);
    case Request::kFileContainingSymbol:
      return answer_file(pool.FindFileContainingSymbol(request.file_containing_symbol()), response);
    case Request::kFileContainingExtension:
    case Request::kAllExtensionNumbersOfType:
      return refuse(response, grpc::StatusCode::NOT_FOUND, "there are no extensions");
    default:
      return refuse(response, grpc::StatusCode::INVALID_ARGUMENT, "nothing is asked for");
  }
}

template <class Version>
class ReflectionReactor final
    : public grpc::ServerBidiReactor<typename Version::Request, typename Version::Response> {
 public:
  explicit ReflectionReactor(const std::vector<std::string>& services) : services_(services) {
    this->StartRead(&request_);
  }
  void OnReadDone(bool is_there) override {
    if (!is_there) return this->Finish(grpc::Status::OK);
    answer_reflection(request_, services_, response_);
    this->StartWrite(&response_);
  }
  void OnWriteDone(bool is_sent) override {
    if (!is_sent) return this->Finish(grpc::Status::CANCELLED);
    this->StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  const std::vector<std::string>& services_;  // the service's, which outlives all calls
  typename Version::Request request_;
  typename Version::Response response_;
};

template <class Version>
class ReflectionService final : public Version::Service {
 public:
  explicit ReflectionService(std::vector<std::string> services) : services_(std::move(services)) {}
  grpc::ServerBidiReactor<typename Version::Request, typename Version::Response>*
  ServerReflectionInfo(grpc::CallbackServerContext*) override {
    return new ReflectionReactor<Version>(services_);
  }

 private:
  const std::vector<std::string> services_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> make_reflection_services(
    const std::vector<std::string>& services) {
  auto all = services;
  all.emplace_back(grpc::reflection::v1::ServerReflection::service_full_name());
  all.emplace_back(grpc::reflection::v1alpha::ServerReflection::service_full_name());
  std::vector<std::unique_ptr<grpc::Service>> result;
  result.push_back(std::make_unique<ReflectionService<V1>>(all));
  result.push_back(std::make_unique<ReflectionService<V1Alpha>>(all));
  return result;
}

}  // namespace chatgate
