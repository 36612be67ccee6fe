#include "server/identity/method_roles.h"

#include "absl/container/flat_hash_map.h"

namespace cellar {
namespace {

constexpr RoleSet kAdmins = {Role::kAdmin};
constexpr RoleSet kOwners = {Role::kOwner, Role::kAdmin};
constexpr RoleSet kReaders = {Role::kOwner, Role::kGrader, Role::kReadOnly, Role::kAdmin};
constexpr RoleSet kKeyReaders = {Role::kOwner, Role::kGrader, Role::kAdmin};
constexpr RoleSet kGraded = {Role::kOwner, Role::kGrader, Role::kStudent, Role::kAdmin};

// Everybody who is somebody.
constexpr RoleSet kAll = RoleSet::All();

struct Row {
  absl::string_view method;
  RoleSet roles;
};

// A new method gets its row here; tests/rpc/security_table_test.cc fails until it has one.
constexpr Row kTable[] = {
    {"cellar.v1.ModelService.CreateModel", kOwners},
    {"cellar.v1.ModelService.UploadModel", kOwners},
    {"cellar.v1.ModelService.GetModel", kReaders},
    {"cellar.v1.ModelService.ListModels", kReaders},
    {"cellar.v1.ModelService.DeleteModel", kOwners},

    {"cellar.v1.SessionService.CreateSession", kOwners},
    {"cellar.v1.SessionService.GetSession", kReaders},
    {"cellar.v1.SessionService.ListSessions", kReaders},
    {"cellar.v1.SessionService.DeleteSession", kOwners},
    {"cellar.v1.SessionService.Step", kOwners},
    {"cellar.v1.SessionService.StreamSteps", kOwners},
    {"cellar.v1.SessionService.BatchStep", kOwners},
    {"cellar.v1.SessionService.StreamBatchSteps", kOwners},
    {"cellar.v1.SessionService.ResetSession", kOwners},
    {"cellar.v1.SessionService.RewindSession", kOwners},
    {"cellar.v1.SessionService.ForkSession", kOwners},
    {"cellar.v1.SessionService.ExportSession", kOwners},
    {"cellar.v1.SessionService.ImportSession", kOwners},
    {"cellar.v1.SessionService.SetSessionState", kOwners},

    {"cellar.v1.EvaluationService.Evaluate", kOwners},

    {"cellar.v1.GradingService.CreateExercise", kOwners},
    {"cellar.v1.GradingService.GetExercise", kAll},  // the key: MaySeeAnswerKeys
    {"cellar.v1.GradingService.ListExercises", kReaders},
    {"cellar.v1.GradingService.DeleteExercise", kOwners},
    {"cellar.v1.GradingService.CheckExercise", kKeyReaders},
    {"cellar.v1.GradingService.Grade", kGraded},
    {"cellar.v1.GradingService.GradeStream", kGraded},

    // Services of gRPC itself. Health is not here: it answers anybody, before anybody is asked.
    {"grpc.reflection.v1alpha.ServerReflection", kAll},
    {"grpc.reflection.v1.ServerReflection", kAll},
    {"grpc.channelz.v1.Channelz", kAdmins},
};

}  // namespace

RoleSet RolesFor(absl::string_view method) {
  static const auto* const roles = [] {
    auto* by_method = new absl::flat_hash_map<absl::string_view, RoleSet>;
    for (const Row& row : kTable) by_method->emplace(row.method, row.roles);
    return by_method;
  }();
  const auto found = roles->find(method);
  return found == roles->end() ? RoleSet() : found->second;
}

std::vector<absl::string_view> MethodsWithRoles() {
  std::vector<absl::string_view> methods;
  for (const Row& row : kTable) methods.push_back(row.method);
  return methods;
}

bool MaySeeAnswerKeys(RoleSet roles) { return roles.HasAnyOf(kKeyReaders); }

}  // namespace cellar
