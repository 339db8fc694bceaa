# The gRPC module: a shared object of everything that needs libgrpc++ and Protobuf, assembled into
# the library chatgate_grpc_module as read-only data. The program itself links neither.

find_package(Protobuf REQUIRED)
pkg_check_modules(grpc REQUIRED IMPORTED_TARGET grpc++>=1.51)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
mark_as_advanced(GRPC_CPP_PLUGIN)

set(grpc_sources "${PROJECT_SOURCE_DIR}/server/grpc")
set(grpc_generated "${PROJECT_BINARY_DIR}/generated/grpc")
file(MAKE_DIRECTORY "${grpc_generated}")
configure_file("${grpc_sources}/chat.proto" "${grpc_generated}/chat.proto" COPYONLY)
foreach(version IN ITEMS v1 v1alpha)
  configure_file("${grpc_sources}/reflection.proto.in"
                 "${grpc_generated}/reflection_${version}.proto" @ONLY)
endforeach()

set(grpc_generated_sources)
foreach(name IN ITEMS chat reflection_v1 reflection_v1alpha)
  set(outputs)
  foreach(ending IN ITEMS pb.cc pb.h grpc.pb.cc grpc.pb.h)
    list(APPEND outputs "${grpc_generated}/${name}.${ending}")
  endforeach()
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND "$<TARGET_FILE:protobuf::protoc>" "--proto_path=${grpc_generated}"
            "--cpp_out=${grpc_generated}" "--grpc_out=${grpc_generated}"
            "--plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN}" "${grpc_generated}/${name}.proto"
    DEPENDS "${grpc_generated}/${name}.proto"
    COMMENT "Generating the code of ${name}.proto"
    VERBATIM)
  list(APPEND grpc_generated_sources ${outputs})
endforeach()

file(GLOB grpc_module_sources CONFIGURE_DEPENDS "${grpc_sources}/module/*.cc")
add_library(chatgate_grpc_code STATIC ${grpc_generated_sources})
target_include_directories(chatgate_grpc_code SYSTEM PUBLIC "${grpc_generated}")
target_link_libraries(chatgate_grpc_code PUBLIC protobuf::libprotobuf PkgConfig::grpc)

# Nothing of it is to be seen but its one entry.
add_library(chatgate_grpc_object MODULE ${grpc_module_sources})
target_include_directories(chatgate_grpc_object PRIVATE "${PROJECT_SOURCE_DIR}")
target_link_libraries(chatgate_grpc_object PRIVATE chatgate_grpc_code chatgate_warnings)
target_link_options(chatgate_grpc_object PRIVATE
  -Wl,--as-needed -Wl,--exclude-libs,ALL -Wl,--gc-sections)
set_target_properties(chatgate_grpc_code chatgate_grpc_object PROPERTIES
  CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
set(strip_grpc_module "${CMAKE_STRIP}" --strip-unneeded)
if(CHATGATE_SANITIZE STREQUAL "off")
  target_link_options(chatgate_grpc_object PRIVATE -Wl,--no-undefined)
else()
  set(strip_grpc_module "${CMAKE_COMMAND}" -E true)  # reports name its functions
endif()
set(grpc_module "${grpc_generated}/grpc_module.so")
add_custom_command(
  OUTPUT "${grpc_module}"
  COMMAND "${CMAKE_COMMAND}" -E copy "$<TARGET_FILE:chatgate_grpc_object>" "${grpc_module}"
  COMMAND ${strip_grpc_module} "${grpc_module}"
  DEPENDS chatgate_grpc_object
  COMMENT "Stripping the gRPC module"
  VERBATIM)

# The Debian package that whoever wants the door must have, and the libraries' file to tell it by.
find_program(DPKG_QUERY_PROGRAM dpkg-query)
mark_as_advanced(DPKG_QUERY_PROGRAM)
set(grpc_package libgrpc++)
find_library(grpc_library grpc++ REQUIRED)
mark_as_advanced(grpc_library)
file(REAL_PATH "${grpc_library}" grpc_library_file)
if(DPKG_QUERY_PROGRAM)
  execute_process(COMMAND "${DPKG_QUERY_PROGRAM}" --search "${grpc_library_file}"
                  OUTPUT_VARIABLE grpc_owner ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(grpc_owner MATCHES "^([^:]+):")
    set(grpc_package "${CMAKE_MATCH_1}")
  endif()
endif()

enable_language(ASM)
configure_file("${PROJECT_SOURCE_DIR}/cmake/grpc_module.S.in" "${grpc_generated}/module.S" @ONLY)
set_source_files_properties("${grpc_generated}/module.S" PROPERTIES OBJECT_DEPENDS "${grpc_module}")
add_library(chatgate_grpc_module STATIC "${grpc_generated}/module.S" "${grpc_module}")
set_source_files_properties("${grpc_sources}/grpc_loader.cc" PROPERTIES
  COMPILE_DEFINITIONS "CHATGATE_GRPC_PACKAGE=\"${grpc_package}\"" SKIP_PRECOMPILE_HEADERS ON)
