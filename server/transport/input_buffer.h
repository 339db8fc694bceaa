// Bytes received and not yet consumed. Not a std::string: it must neither move nor clear its memory
// while a receive is pending. One connection's, on its loop's thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace chatgate {

class InputBuffer {
 public:
  std::string_view unread() const { return {data_.get() + begin_, end_ - begin_}; }
  // Never moves what is left, so it may be called while a receive is pending.
  void consume(size_t bytes) { begin_ += bytes; }
  // At least `bytes` of free space behind the unread bytes. REQUIRES: no receive is pending.
  void reserve(size_t bytes) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (capacity_ - end_ >= bytes) return;
    const size_t unread_bytes = end_ - begin_;
    const size_t capacity = std::max({kBytesMin, capacity_, unread_bytes + bytes});
    if (capacity == capacity_) {
      std::memmove(data_.get(), data_.get() + begin_, unread_bytes);
    } else {
      std::unique_ptr<char[]> data(new char[capacity]);
      if (unread_bytes > 0) std::memcpy(data.get(), data_.get() + begin_, unread_bytes);
      data_ = std::move(data);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = unread_bytes;
  }
  char* free_space() { return data_.get() + end_; }
  size_t free_bytes() const { return capacity_ - end_; }
  size_t capacity() const { return capacity_; }
  void commit(size_t bytes) { end_ += bytes; }
  // REQUIRES, as clear and swap do: no receive is pending.
  void append(std::string_view bytes) {
    reserve(bytes.size());
    std::memcpy(free_space(), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  void swap(InputBuffer& other) {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
  }
  void clear() { begin_ = end_ = 0; }

  static constexpr size_t kBytesMin = 2048;  // the first allocation

 private:
  std::unique_ptr<char[]> data_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace chatgate
