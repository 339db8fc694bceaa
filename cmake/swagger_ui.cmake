# The files of /docs, made at build time from the npm package `swagger-ui-dist` and server/docs/page,
# and assembled into the library chatgate_docs_assets.

set(swagger_ui_advice "run ./dev build, which fetches it, or name the folder of the package with "
    "-DCHATGATE_SWAGGER_UI_DIR=")
set(CHATGATE_SWAGGER_UI_DIR "" CACHE PATH "Folder of the npm package swagger-ui-dist")
file(READ "${PROJECT_SOURCE_DIR}/cmake/swagger_ui/package.json" swagger_ui_packages)
string(JSON swagger_ui_version GET "${swagger_ui_packages}" dependencies swagger-ui-dist)
if(NOT EXISTS "${CHATGATE_SWAGGER_UI_DIR}/package.json")
  message(FATAL_ERROR "the npm package swagger-ui-dist ${swagger_ui_version} is needed: "
          ${swagger_ui_advice})
endif()
file(READ "${CHATGATE_SWAGGER_UI_DIR}/package.json" swagger_ui_package)
string(JSON swagger_ui_found GET "${swagger_ui_package}" version)
if(NOT swagger_ui_found STREQUAL swagger_ui_version)
  message(FATAL_ERROR "swagger-ui-dist ${swagger_ui_found} is in ${CHATGATE_SWAGGER_UI_DIR}, but "
          "${swagger_ui_version} is needed: " ${swagger_ui_advice})
endif()

set(docs_assets "${PROJECT_BINARY_DIR}/generated/docs")
set(docs_page "${PROJECT_SOURCE_DIR}/server/docs/page")
file(GLOB docs_page_files CONFIGURE_DEPENDS "${docs_page}/*")
add_custom_command(
  OUTPUT "${docs_assets}/docs_assets.S" "${docs_assets}/docs_assets.h"
  COMMAND "${NODE_PROGRAM}" "${PROJECT_SOURCE_DIR}/cmake/swagger_ui/generate.mjs"
          "${CHATGATE_SWAGGER_UI_DIR}" "${docs_page}" "${docs_assets}"
  DEPENDS "${PROJECT_SOURCE_DIR}/cmake/swagger_ui/generate.mjs" ${docs_page_files}
          "${CHATGATE_SWAGGER_UI_DIR}/package.json"
  COMMENT "Compressing the files of /docs"
  VERBATIM)
add_library(chatgate_docs_assets STATIC
  "${docs_assets}/docs_assets.S" "${docs_assets}/docs_assets.h")
target_include_directories(chatgate_docs_assets INTERFACE "${docs_assets}")
