# What `cmake --install` puts where, and the Debian package that CPack makes of it: see `./dev
# package`.

include(GNUInstallDirs)
install(TARGETS chatgate RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(PROGRAMS packaging/chatgate-report DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(DIRECTORY "${manual_folder}/" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES completions/chatgate.bash RENAME chatgate
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES completions/_chatgate
        DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
install(FILES completions/chatgate.fish
        DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
install(FILES packaging/chatgate.service packaging/chatgate.socket
              packaging/chatgate-report.service packaging/chatgate-report.timer
        DESTINATION lib/systemd/system)
install(FILES packaging/prometheus-alerts.yml packaging/grafana-dashboard.json
        DESTINATION "${CMAKE_INSTALL_DATADIR}/chatgate")
install(FILES server/grpc/chat.proto DESTINATION "${CMAKE_INSTALL_DATADIR}/chatgate")
install(FILES README.md CHANGELOG.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME chatgate)
set(CPACK_PACKAGE_VENDOR "the chatgate authors")
set(CPACK_PACKAGE_CONTACT "the chatgate authors <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION "One account with OpenAI, or several, or any server of that shape,
shared among many people: a token for each, a price for each model, prepaid
balances that cannot be overdrawn, and exact books in one SQLite file.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
# The program loads it only when gRPC is served, so its own dependencies do not show it.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "${grpc_package} (>= ${grpc_VERSION})")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${PROJECT_SOURCE_DIR}/packaging/debian/conffiles"
    "${PROJECT_SOURCE_DIR}/packaging/debian/postinst"
    "${PROJECT_SOURCE_DIR}/packaging/debian/prerm"
    "${PROJECT_SOURCE_DIR}/packaging/debian/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
# Debian's own places, and the files that only a package may put into /etc.
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/package_files.cmake")
set(CPACK_CHATGATE_SOURCE_DIR "${PROJECT_SOURCE_DIR}")
set(CPACK_CHATGATE_SWAGGER_UI_DIR "${CHATGATE_SWAGGER_UI_DIR}")
set(CPACK_CHATGATE_HTTPLIB_LICENSE "${CHATGATE_HTTPLIB_DIR}/LICENSE")
include(CPack)
