# The libraries, as Debian 12 and later package them. `./dev` installs all of them; without it, see
# the package lists in that script.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(SQLite3 3.37 REQUIRED)  # 3.37 has STRICT tables
find_package(SQLiteCpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(simdjson REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS context)
find_package(mimalloc REQUIRED)
find_package(date REQUIRED)
find_package(spdlog 1.10 CONFIG REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)

# malloc itself: named on the linker's command line, the library takes the C library's place in the
# whole program although no symbol of it is asked for by name.
add_library(chatgate_allocator INTERFACE)
target_link_libraries(chatgate_allocator INTERFACE
  -Wl,--push-state,--no-as-needed mimalloc -Wl,--pop-state)

# What the headers of the time zone library must be compiled with to fit the library.
get_target_property(date_definitions date::date INTERFACE_COMPILE_DEFINITIONS)
get_target_property(date_tz_definitions date::date-tz INTERFACE_COMPILE_DEFINITIONS)
list(APPEND date_definitions ${date_tz_definitions})

# The same of the logging library and the formatting library under it.
set(spdlog_libraries)
set(spdlog_definitions)
foreach(target IN ITEMS spdlog::spdlog fmt::fmt)
  get_target_property(definitions ${target} INTERFACE_COMPILE_DEFINITIONS)
  if(definitions)
    list(APPEND spdlog_definitions ${definitions})
  endif()
  list(APPEND spdlog_libraries $<TARGET_FILE:${target}>)
endforeach()

# cpp-httplib, as one header in a folder, or else as installed. The versions before 0.41.0, which
# Debian 12 and 13 package, have published vulnerabilities.
set(httplib_version_min 0.41.0)
set(httplib_advice "run ./dev build, which fetches it, or name the folder of a newer httplib.h "
    "with -DCHATGATE_HTTPLIB_DIR=")
set(CHATGATE_HTTPLIB_DIR "" CACHE PATH "Folder that holds cpp-httplib's httplib.h")
add_library(chatgate_httplib INTERFACE)
if(NOT CHATGATE_HTTPLIB_DIR)
  pkg_check_modules(httplib QUIET IMPORTED_TARGET cpp-httplib)
endif()
if(httplib_FOUND)
  set(httplib_version "${httplib_VERSION}")
  target_link_libraries(chatgate_httplib INTERFACE PkgConfig::httplib)
else()
  find_path(httplib_dir httplib.h HINTS "${CHATGATE_HTTPLIB_DIR}" NO_CACHE)
  if(NOT httplib_dir)
    message(FATAL_ERROR "cpp-httplib ${httplib_version_min} or newer is needed: " ${httplib_advice})
  endif()
  file(STRINGS "${httplib_dir}/httplib.h" httplib_version
       REGEX "^#define CPPHTTPLIB_VERSION \"" LIMIT_COUNT 1)
  string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" httplib_version "${httplib_version}")
  target_include_directories(chatgate_httplib SYSTEM INTERFACE "${httplib_dir}")
endif()
if(httplib_version VERSION_LESS httplib_version_min)
  message(FATAL_ERROR "cpp-httplib ${httplib_version} is too old, ${httplib_version_min} or newer "
          "is needed: " ${httplib_advice})
endif()

if(BUILD_TESTING)
  find_package(Catch2 3 QUIET)
  if(NOT Catch2_FOUND)
    message(FATAL_ERROR "Catch2 3 or newer is needed for the tests: run ./dev build, which fetches "
            "it, name its prefix with -DCMAKE_PREFIX_PATH=, or leave the tests out with "
            "-DBUILD_TESTING=OFF")
  endif()
endif()
