# Headers written at configure or build time, for everyone who links chatgate_generated: version.h,
# schema_sql.h, completion_scripts.h, message_catalogues.h.

set(generated_dir "${PROJECT_BINARY_DIR}/generated")
configure_file("${PROJECT_SOURCE_DIR}/cmake/version.h.in" "${generated_dir}/version.h" @ONLY)

# embed_texts(HEADER CONSTANT=PATH...): a header with the bytes of files of the source tree.
function(embed_texts header)
  set(texts "")
  set(paths "")
  foreach(text IN LISTS ARGN)
    string(REGEX REPLACE "^(.*)=(.*)$" "\\1=${PROJECT_SOURCE_DIR}/\\2" text "${text}")
    list(APPEND texts "${text}")
    string(REGEX REPLACE "^.*=" "" path "${text}")
    list(APPEND paths "${path}")
  endforeach()
  add_custom_command(
    OUTPUT "${generated_dir}/${header}"
    COMMAND "${CMAKE_COMMAND}" "-DTEXTS=${texts}" "-DOUTPUT=${generated_dir}/${header}"
            -P "${PROJECT_SOURCE_DIR}/cmake/embed_texts.cmake"
    DEPENDS ${paths} "${PROJECT_SOURCE_DIR}/cmake/embed_texts.cmake"
    COMMENT "Embedding ${header}"
    VERBATIM)
endfunction()

embed_texts(schema_sql.h kSchemaSql=schema.sql)
embed_texts(completion_scripts.h
  kCompletionBash=completions/chatgate.bash
  kCompletionZsh=completions/_chatgate
  kCompletionFish=completions/chatgate.fish)
embed_texts(message_catalogues.h
  kMessagesEn=common/messages/en.json
  kMessagesZhCn=common/messages/zh_CN.json
  kMessagesZhTw=common/messages/zh_TW.json
  kMessagesRuRu=common/messages/ru_RU.json)
add_custom_target(chatgate_generated_headers
  DEPENDS "${generated_dir}/schema_sql.h" "${generated_dir}/completion_scripts.h"
          "${generated_dir}/message_catalogues.h")

add_library(chatgate_generated INTERFACE)
target_include_directories(chatgate_generated INTERFACE "${generated_dir}")
add_dependencies(chatgate_generated chatgate_generated_headers)
