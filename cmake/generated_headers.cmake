# Headers written at configure or build time, for everyone who links chatgate_generated: version.h,
# schema_sql.h, completion_scripts.h, message_catalogues.h, route_descriptions.h, api_description.h,
# admin_page.h.

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
embed_texts(route_descriptions.h
  kDescribeV1=server/docs/descriptions/v1.json
  kDescribeAgent=server/docs/descriptions/agent.json
  kDescribeWeb=server/docs/descriptions/web.json
  kDescribeAccounts=server/docs/descriptions/accounts.json
  kDescribeAdmin=server/docs/descriptions/admin.json
  kDescribeAsk=server/docs/descriptions/ask.json
  kDescribeChatgpt=server/docs/descriptions/chatgpt.json
  kDescribePlatform=server/docs/descriptions/platform.json
  kDescribeBot=server/docs/descriptions/bot.json
  kDescribeDocs=server/docs/descriptions/docs.json
  kDescribeHealth=server/docs/descriptions/health.json)
embed_texts(api_description.h kDescribeApi=server/docs/descriptions/api.json)
embed_texts(admin_page.h
  kAdminIndex=server/doors/admin_page/index.html
  kAdminStyle=server/doors/admin_page/admin.css
  kAdminNarrowStyle=server/doors/admin_page/narrow.css
  kAdminIcon=server/doors/admin_page/icon.svg
  kAdminScript=server/doors/admin_page/admin.mjs
  kAdminAccounts=server/doors/admin_page/accounts.mjs
  kAdminAmounts=server/doors/admin_page/amounts.mjs)
add_custom_target(chatgate_generated_headers
  DEPENDS "${generated_dir}/schema_sql.h" "${generated_dir}/completion_scripts.h"
          "${generated_dir}/message_catalogues.h" "${generated_dir}/route_descriptions.h"
          "${generated_dir}/api_description.h" "${generated_dir}/admin_page.h")

add_library(chatgate_generated INTERFACE)
target_include_directories(chatgate_generated INTERFACE "${generated_dir}")
add_dependencies(chatgate_generated chatgate_generated_headers)
