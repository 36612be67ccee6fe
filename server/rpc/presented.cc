#include "server/rpc/presented.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpc/grpc_security_constants.h"
#include "server/identity/identity_file.h"

namespace cellar {
namespace {

// The value of `key`; empty if it was sent more than once, so that nobody can hide one behind
// another.
std::optional<absl::string_view> ValueOf(const grpc::ServerContextBase& context, const char* key) {
  const auto [first, last] = context.client_metadata().equal_range(key);
  if (first == last) return std::nullopt;
  if (std::next(first) != last) return absl::string_view();
  return absl::string_view(first->second.data(), first->second.size());
}

}  // namespace

Presented PresentedBy(const grpc::ServerContextBase& context) {
  Presented presented;
  presented.authorization = ValueOf(context, "authorization");
  presented.tenant = ValueOf(context, "cellar-tenant");
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (peer == nullptr || !peer->IsPeerAuthenticated()) return presented;
  const std::pair<const char*, absl::string_view> kinds[] = {
      {GRPC_PEER_URI_PROPERTY_NAME, kUriPrefix},
      {GRPC_PEER_DNS_PROPERTY_NAME, kDnsPrefix},
      {GRPC_PEER_EMAIL_PROPERTY_NAME, kEmailPrefix},
      {GRPC_X509_CN_PROPERTY_NAME, kCommonNamePrefix},
  };
  for (const auto& [property, prefix] : kinds) {
    for (const grpc::string_ref& name : peer->FindPropertyValues(property)) {
      presented.certificate_names.push_back(
          absl::StrCat(prefix, absl::string_view(name.data(), name.size())));
    }
  }
  return presented;
}

absl::string_view MethodTaking(const google::protobuf::Descriptor& request) {
  const google::protobuf::FileDescriptor& file = *request.file();
  for (int i = 0; i < file.service_count(); ++i) {
    for (int j = 0; j < file.service(i)->method_count(); ++j) {
      const google::protobuf::MethodDescriptor& method = *file.service(i)->method(j);
      if (method.input_type() == &request) return method.full_name();
    }
  }
  return "";
}

}  // namespace cellar
