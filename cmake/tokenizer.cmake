# The tables of common/tokenizer, made at build time from the npm package `tiktoken` and assembled
# into the library chatgate_tokenizer_tables.

set(tiktoken_advice "run ./dev build, which fetches it, or name the folder of the package with "
    "-DCHATGATE_TIKTOKEN_DIR=")
set(CHATGATE_TIKTOKEN_DIR "" CACHE PATH "Folder of the npm package tiktoken")
file(READ "${PROJECT_SOURCE_DIR}/cmake/tokenizer/package.json" tokenizer_packages)
string(JSON tiktoken_version GET "${tokenizer_packages}" dependencies tiktoken)
if(NOT EXISTS "${CHATGATE_TIKTOKEN_DIR}/package.json")
  message(FATAL_ERROR "the npm package tiktoken ${tiktoken_version} is needed: " ${tiktoken_advice})
endif()
file(READ "${CHATGATE_TIKTOKEN_DIR}/package.json" tiktoken_package)
string(JSON tiktoken_found GET "${tiktoken_package}" version)
if(NOT tiktoken_found STREQUAL tiktoken_version)
  message(FATAL_ERROR "tiktoken ${tiktoken_found} is in ${CHATGATE_TIKTOKEN_DIR}, but "
          "${tiktoken_version} is needed: " ${tiktoken_advice})
endif()
find_program(NODE_PROGRAM NAMES node nodejs)
mark_as_advanced(NODE_PROGRAM)
if(NOT NODE_PROGRAM)
  message(FATAL_ERROR "node 18 or newer is needed to make the tokenizer's tables: run ./dev build, "
          "which installs it")
endif()

set(tokenizer_tables "${PROJECT_BINARY_DIR}/generated/tokenizer")
set(tokenizer_table_files "${tokenizer_tables}/cl100k_base.bin" "${tokenizer_tables}/o200k_base.bin"
    "${tokenizer_tables}/character_classes.bin")
add_custom_command(
  OUTPUT ${tokenizer_table_files}
  COMMAND "${NODE_PROGRAM}" "${PROJECT_SOURCE_DIR}/cmake/tokenizer/generate.mjs"
          "${CHATGATE_TIKTOKEN_DIR}" "${tokenizer_tables}"
  DEPENDS "${PROJECT_SOURCE_DIR}/cmake/tokenizer/generate.mjs"
          "${CHATGATE_TIKTOKEN_DIR}/package.json"
  COMMENT "Making the tokenizer's tables"
  VERBATIM)

enable_language(ASM)
configure_file("${PROJECT_SOURCE_DIR}/cmake/tokenizer/tables.S.in" "${tokenizer_tables}/tables.S"
               @ONLY)
set_source_files_properties("${tokenizer_tables}/tables.S" PROPERTIES
  OBJECT_DEPENDS "${tokenizer_table_files}")
add_library(chatgate_tokenizer_tables STATIC "${tokenizer_tables}/tables.S" ${tokenizer_table_files})
