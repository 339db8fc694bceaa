# Run by CPack on the installed tree before it makes the Debian package: the configuration in /etc,
# zsh's folder on Debian, and the licences of everything that is compiled into the program.

set(root "${CPACK_TEMPORARY_INSTALL_DIRECTORY}")
set(source "${CPACK_CHATGATE_SOURCE_DIR}")

file(COPY "${source}/packaging/chatgate.json" "${source}/packaging/chatgate.env"
     DESTINATION "${root}/etc/chatgate" FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
file(CHMOD "${root}/etc/chatgate/chatgate.env" PERMISSIONS OWNER_READ OWNER_WRITE)
file(RENAME "${root}/usr/share/zsh/site-functions" "${root}/usr/share/zsh/vendor-completions")

file(READ "${source}/LICENSE" copyright)
set(licences "${CPACK_CHATGATE_HTTPLIB_LICENSE}")
foreach(library libcli11-dev nlohmann-json3-dev libexpected-dev libsqlitecpp-dev libspdlog-dev
        libfmt-dev)
  list(APPEND licences "/usr/share/doc/${library}/copyright")
endforeach()
foreach(licence IN LISTS licences)
  if(EXISTS "${licence}")
    file(READ "${licence}" text)
    cmake_path(GET licence PARENT_PATH library)
    cmake_path(GET library FILENAME library)
    string(APPEND copyright "\n----\nContains parts of ${library}:\n\n${text}")
  endif()
endforeach()
# An npm package without a licence file: it only names the licence, which is the one at the top.
string(APPEND copyright "\n----\nContains the tokens of tiktoken:\n\nMIT License, as above\n\n"
  "Copyright (c) 2022 OpenAI, Shantanu Jain\n")
string(APPEND copyright "\n----\nContains Swagger UI, the page of /docs:\n")
foreach(licence NOTICE LICENSE swagger-ui-bundle.js.LICENSE.txt)
  file(READ "${CPACK_CHATGATE_SWAGGER_UI_DIR}/${licence}" text)
  string(APPEND copyright "\n${text}")
endforeach()
file(WRITE "${root}/usr/share/doc/chatgate/copyright" "${copyright}")
