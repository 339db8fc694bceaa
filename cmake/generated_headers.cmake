# Headers written at configure or build time: version.h and schema_sql.h, for everyone who links
# chatgate_generated.

set(generated_dir "${PROJECT_BINARY_DIR}/generated")
configure_file("${PROJECT_SOURCE_DIR}/cmake/version.h.in" "${generated_dir}/version.h" @ONLY)

add_custom_command(
  OUTPUT "${generated_dir}/schema_sql.h"
  COMMAND "${CMAKE_COMMAND}" "-DINPUT=${PROJECT_SOURCE_DIR}/schema.sql"
          "-DOUTPUT=${generated_dir}/schema_sql.h"
          -P "${PROJECT_SOURCE_DIR}/cmake/embed_schema.cmake"
  DEPENDS "${PROJECT_SOURCE_DIR}/schema.sql" "${PROJECT_SOURCE_DIR}/cmake/embed_schema.cmake"
  COMMENT "Embedding schema.sql"
  VERBATIM)
add_custom_target(chatgate_schema_header DEPENDS "${generated_dir}/schema_sql.h")

add_library(chatgate_generated INTERFACE)
target_include_directories(chatgate_generated INTERFACE "${generated_dir}")
add_dependencies(chatgate_generated chatgate_schema_header)
