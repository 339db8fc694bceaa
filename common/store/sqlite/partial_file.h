// A database file in the making, for its owner alone, that gets its own name when it is whole. What
// a process leaves that is killed meanwhile, the next one takes over. It knows such a file by the
// sticky bit, which means nothing for a file and which it has from its first moment until it has
// its own name; nobody else's file is touched. One thread.
#pragma once

#include <string>

#include "common/result.h"

namespace chatgate::sqlite {

class PartialFile {
 public:
  // An empty file of this name, for the owner of the file `like` in the same folder, to be filled
  // from `source`. kRefused while another process makes it, and when the name is that of one of
  // these two or of a file that no process has left here.
  static Result<PartialFile> create(const std::string& path, const std::string& like,
                                    const std::string& source);
  PartialFile(PartialFile&& other) noexcept;
  PartialFile& operator=(PartialFile&&) = delete;
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  // Removes the file unless it was renamed.
  ~PartialFile();

  const std::string& path() const { return path_; }
  // Waits until what was written is on disk. REQUIRES: no connection has the file open.
  Result<void> sync() const;
  // Puts the file, synchronized, in the place of whatever has that name in the same folder.
  Result<void> rename_to(const std::string& path);

 private:
  PartialFile(std::string path, int file) : path_(std::move(path)), file_(file) {}

  std::string path_;  // empty: it has its own name, nothing is to be removed
  int file_;
};

// The files that SQLite keeps beside a database.
inline constexpr const char* kLogSuffix = "-wal";
inline constexpr const char* kIndexSuffix = "-shm";
inline constexpr const char* kJournalSuffix = "-journal";
void remove_side_files(const std::string& path);
// Makes what happened to names in the folder of `path` last.
void sync_folder_of(const std::string& path);

}  // namespace chatgate::sqlite
