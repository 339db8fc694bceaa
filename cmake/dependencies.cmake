# The libraries, as Debian 12 and later package them. `./dev` installs all of them; without it, see the
# package lists in that script.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(SQLite3 3.37 REQUIRED)  # 3.37 has STRICT tables
find_package(SQLiteCpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)
find_package(simdjson REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS context)
find_package(mimalloc REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)

# malloc itself: named on the linker's command line, the library takes the C library's place in the whole
# program although no symbol of it is asked for by name.
add_library(chatgate_allocator INTERFACE)
target_link_libraries(chatgate_allocator INTERFACE
  -Wl,--push-state,--no-as-needed mimalloc -Wl,--pop-state)

# cpp-httplib is one header. Distributions' own versions before 0.41.0 have published vulnerabilities.
set(httplib_version_min 0.41.0)
find_path(CHATGATE_HTTPLIB_DIR httplib.h DOC "Folder that holds cpp-httplib's httplib.h")
if(NOT CHATGATE_HTTPLIB_DIR OR NOT EXISTS "${CHATGATE_HTTPLIB_DIR}/httplib.h")
  message(FATAL_ERROR "cpp-httplib ${httplib_version_min} or newer is needed: run ./dev build, "
          "or name the folder of its httplib.h with -DCHATGATE_HTTPLIB_DIR=")
endif()
file(STRINGS "${CHATGATE_HTTPLIB_DIR}/httplib.h" httplib_version
     REGEX "^#define CPPHTTPLIB_VERSION \"" LIMIT_COUNT 1)
string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" httplib_version "${httplib_version}")
if(httplib_version VERSION_LESS httplib_version_min)
  message(FATAL_ERROR "cpp-httplib ${httplib_version} in ${CHATGATE_HTTPLIB_DIR} is too old, at least "
          "${httplib_version_min} is needed: run ./dev build, which fetches it, or name the folder of "
          "a newer httplib.h with -DCHATGATE_HTTPLIB_DIR=")
endif()
add_library(httplib INTERFACE)
target_include_directories(httplib SYSTEM INTERFACE "${CHATGATE_HTTPLIB_DIR}")

if(BUILD_TESTING)
  find_package(Catch2 3 QUIET)
  if(NOT Catch2_FOUND)
    message(FATAL_ERROR "Catch2 3 or newer is needed for the tests: run ./dev build, which fetches it, "
            "name its prefix with -DCMAKE_PREFIX_PATH=, or leave the tests out with -DBUILD_TESTING=OFF")
  endif()
endif()
