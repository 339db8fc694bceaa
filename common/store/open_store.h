// Opens a database by its address. The only place that knows which stores exist.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/store/maintenance.h"
#include "common/store/store.h"

namespace chatgate {

enum class OpenMode : uint8_t {
  kNew,       // create an empty database, kAlreadyExists when there is one
  kCreate,    // create an empty database when there is none; migrate an older one
  kExisting,  // fail with kNotFound when there is none; migrate an older one
  kServe,     // as kCreate, for the process that alone has the serve lock
};

// `url`: a path, or "sqlite:PATH". A database of a newer chatgate, a file that is no database,
// an unwritable folder, and an older chatgate's tables while that serves them (kRefused) fail with
// one sentence that says what to do.
Result<std::unique_ptr<Store>> open_store(std::string_view url, OpenMode mode);

// The care of a database as a file. Fails only for an address that is none: each of its calls opens
// the database by itself.
Result<std::unique_ptr<Maintenance>> open_maintenance(std::string_view url);

// The right to serve a database, held by one gateway at a time and lost with its process. It
// belongs to an open file, so a gateway that hands this to another process holds it together with
// that one, until both are gone.
class ServeLock {
 public:
  virtual ~ServeLock() = default;
  virtual int file() const = 0;
  // Names this process as the one that serves.
  virtual Result<void> sign() = 0;
};
// kRefused, naming the other process's id, while another gateway serves this database; a command
// that brings its tables up to date is waited for, a moment.
Result<std::unique_ptr<ServeLock>> acquire_serve_lock(std::string_view url);

// The same lock, from the process that holds it: takes its open file over.
Result<std::unique_ptr<ServeLock>> adopt_serve_lock(std::string_view url, int file);

// Where the gateway that serves a database can be asked (common/control): a socket beside the file.
Result<std::string> control_path_of(std::string_view url);

}  // namespace chatgate
