#include "server/takeover/next_version.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

namespace chatgate {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTakeoverFlag = "--takeover";
constexpr int kFirstFree = 3;  // descriptor

std::vector<std::string> own_arguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::vector<std::string> arguments;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\0', begin), text.size());
    arguments.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return arguments;
}

// The name that the program was started by, not the file that it led to then: a link may lead to
// another version by now.
std::string path_of_program(const std::string& name) {
  std::error_code ignored;
  if (name.find('/') != std::string::npos) return fs::absolute(name, ignored).string();
  const char* folders = std::getenv("PATH");
  const std::string_view list = folders == nullptr ? "" : folders;
  for (size_t begin = 0; begin < list.size();) {
    const size_t end = std::min(list.find(':', begin), list.size());
    const auto candidate = fs::absolute(fs::path(list.substr(begin, end - begin)) / name, ignored);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate.string();
    begin = end + 1;
  }
  return fs::read_symlink("/proc/self/exe", ignored).string();
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) {
    return "it was ended by signal " + std::to_string(WTERMSIG(status));
  }
  return "it ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

NextVersion::NextVersion() : arguments_(own_arguments()) {
  if (arguments_.empty()) return;
  path_ = path_of_program(arguments_.front());
  if (std::ranges::find(arguments_, kTakeoverFlag) == arguments_.end()) {
    arguments_.emplace_back(kTakeoverFlag);
  }
}

Result<void> NextVersion::start() {
  std::vector<char*> arguments;
  for (auto& argument : arguments_) arguments.push_back(argument.data());
  arguments.push_back(nullptr);

  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_init(&actions);
  sigset_t none;
  sigset_t ignored_here;
  sigemptyset(&none);
  sigemptyset(&ignored_here);
  sigaddset(&ignored_here, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &ignored_here);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  // What it needs of this process's sockets it asks for.
  posix_spawn_file_actions_addclosefrom_np(&actions, kFirstFree);
  pid_t process = 0;
  const int failure = path_.empty() ? ENOENT
                                    : posix_spawn(&process, path_.c_str(), &actions, &attributes,
                                                  arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failure != 0) {
    return fail(ErrorCode::kSystem,
                "\"" + path_ + "\" cannot be started: " + std::generic_category().message(failure));
  }
  process_ = process;
  return {};
}

std::optional<std::string> NextVersion::take_end() {
  if (process_ == 0) return std::nullopt;
  int status = 0;
  if (::waitpid(process_, &status, WNOHANG) != process_) return std::nullopt;
  process_ = 0;
  return describe(status);
}

}  // namespace chatgate
