#include "common/store/sqlite/owner.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace chatgate::sqlite {
namespace {

int open_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return ::open(folder.empty() ? "." : folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

std::string name_of(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

// The owner of the regular file `like`, unless it is the new file itself, or else of its folder.
bool find_owner(int folder, const std::string& like, const struct stat& made, struct stat& owner) {
  const bool is_there =
      ::fstatat(folder, name_of(like).c_str(), &owner, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISREG(owner.st_mode) && (owner.st_dev != made.st_dev || owner.st_ino != made.st_ino);
  return is_there || ::fstat(folder, &owner) == 0;
}

}  // namespace

bool may_be_own(uid_t owner, const std::string& like) {
  if (owner == ::geteuid()) return true;
  if (::geteuid() != 0) return false;
  const int folder = open_folder_of(like);
  if (folder < 0) return false;
  struct stat wanted {};
  const bool is_own = find_owner(folder, like, {}, wanted) && wanted.st_uid == owner;
  ::close(folder);
  return is_own;
}

void give_to_owner_of(const std::string& like, int file, const std::string& path) {
  if (::geteuid() != 0) return;
  const int folder = open_folder_of(path);
  if (folder < 0) return;
  struct stat opened {};
  struct stat named {};
  struct stat owner {};
  // Whoever may write to the folder gets nothing that does not stand in it.
  const bool is_there =
      ::fstat(file, &opened) == 0 && opened.st_nlink == 1 &&
      ::fstatat(folder, name_of(path).c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
      opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
  if (is_there && find_owner(folder, like, opened, owner)) {
    // Where owners cannot be changed, the file stays root's, as it would be without this.
    [[maybe_unused]] const int given = ::fchown(file, owner.st_uid, owner.st_gid);
  }
  ::close(folder);
}

}  // namespace chatgate::sqlite
