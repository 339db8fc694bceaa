# How our own code is compiled: language, build types, warnings, sanitizers, compiler cache.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Release, RelWithDebInfo or Debug" FORCE)
endif()

# No build type defines NDEBUG: the assertions that guard the books stay on in production.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g")
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION_RELEASE ON)

include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

# Stack clash protection touches every page of a large frame, so that a coroutine which outgrows its
# stack always meets the guard page below it instead of stepping over.
add_compile_options(-fstack-clash-protection -fstack-protector-strong)
add_compile_definitions($<$<CONFIG:RelWithDebInfo,Debug>:_GLIBCXX_ASSERTIONS>)
add_link_options(-Wl,-z,relro,-z,now)

# Paths in debug information start at the root: the compiler cache then serves every checkout alike.
add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")

if(CHATGATE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "the fuzz programs need clang: add -DCMAKE_CXX_COMPILER=clang++")
  endif()
  set(sanitizers address,undefined,fuzzer-no-link)
elseif(CHATGATE_SANITIZE STREQUAL "address")
  set(sanitizers address,undefined)
elseif(CHATGATE_SANITIZE STREQUAL "thread")
  set(sanitizers thread)
elseif(NOT CHATGATE_SANITIZE STREQUAL "off")
  message(FATAL_ERROR "CHATGATE_SANITIZE is '${CHATGATE_SANITIZE}': choose address, thread or off")
endif()

# Warnings are errors for our own code; what find_package brings is included as system headers. A
# sanitizer's build is spared both, as its instrumentation leads GCC to false alarms inside the
# standard library.
add_library(chatgate_warnings INTERFACE)
if(sanitizers)
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
  add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${sanitizers})
  if(CHATGATE_SANITIZE STREQUAL "thread")
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)  # fences inside Boost.Asio
  endif()
else()
  target_compile_options(chatgate_warnings INTERFACE -Wall -Wextra -Wshadow -Wconversion)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # What these say depends on what the optimiser inlines and differs from one GCC to the next. The
    # first informs; the others only ever accused std::string.
    target_compile_options(chatgate_warnings INTERFACE -Werror -Wno-error=maybe-uninitialized
      -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
  endif()
  add_compile_definitions($<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
endif()

find_program(CCACHE_PROGRAM ccache)
mark_as_advanced(CCACHE_PROGRAM)
if(CCACHE_PROGRAM)
  # Precompiled headers can be cached only with this sloppiness and this preprocessor option.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}"
      "${CCACHE_PROGRAM}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
    add_compile_options(-fpch-preprocess)
  endif()
endif()
