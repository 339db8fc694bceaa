// A folder and a database that vanish with the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "common/store/open_store.h"

namespace chatgate {

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "chatgate-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// The value of a call that must succeed; otherwise the test ends with the error's message.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error("unexpected error: " + result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// An open, empty database in a folder of its own.
class TempStore {
 public:
  TempStore() : store_(open()) {}

  Store& operator*() const { return *store_; }
  Store* operator->() const { return store_.get(); }
  std::string path() const { return folder_.file("chatgate.db"); }
  // One more connection, as another thread or process would have.
  std::unique_ptr<Store> open() const { return must(open_store(path(), OpenMode::kCreate)); }
  // Closes the connection and opens the file again.
  void reopen() {
    store_.reset();
    store_ = open();
  }

 private:
  TempDir folder_;
  std::unique_ptr<Store> store_;
};

}  // namespace chatgate
