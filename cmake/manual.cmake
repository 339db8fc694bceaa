# The manual pages, made by the program itself and compressed as Debian wants them. Included at
# configure time for the target; run as a script (-P) with PROGRAM and FOLDER to make the pages.

if(NOT CMAKE_SCRIPT_MODE_FILE)
  find_program(GZIP_PROGRAM gzip REQUIRED)
  mark_as_advanced(GZIP_PROGRAM)
  set(manual_folder "${PROJECT_BINARY_DIR}/man")
  add_custom_command(
    OUTPUT "${manual_folder}/chatgate.1.gz"
    COMMAND "${CMAKE_COMMAND}" "-DPROGRAM=$<TARGET_FILE:chatgate>" "-DFOLDER=${manual_folder}"
            "-DGZIP=${GZIP_PROGRAM}" -P "${CMAKE_CURRENT_LIST_FILE}"
    DEPENDS chatgate "${CMAKE_CURRENT_LIST_FILE}"
    COMMENT "Writing the manual pages"
    VERBATIM)
  add_custom_target(chatgate_manual ALL DEPENDS "${manual_folder}/chatgate.1.gz")
  return()
endif()

file(REMOVE_RECURSE "${FOLDER}")
file(MAKE_DIRECTORY "${FOLDER}")
string(TIMESTAMP today "%Y-%m-%d" UTC)  # of SOURCE_DATE_EPOCH where that is set
execute_process(COMMAND "${PROGRAM}" __man "${FOLDER}" "${today}" COMMAND_ERROR_IS_FATAL ANY)
file(GLOB pages "${FOLDER}/*.1")
execute_process(COMMAND "${GZIP}" -9n ${pages} COMMAND_ERROR_IS_FATAL ANY)
