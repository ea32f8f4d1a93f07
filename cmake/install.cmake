# What `cmake --install` puts where: headers, both libraries, the command, its man pages and
# completions, beamline.pc, and the CMake package (beamline::beamline, beamline::static).
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/beamline)

install(DIRECTORY include/beamline TYPE INCLUDE FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_BINARY_DIR}/include/beamline/version.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/beamline)
install(TARGETS beamline_shared EXPORT beamline_shared)
install(TARGETS beamline_static EXPORT beamline_static)
# Two exports, so that a user of the shared library needs none of the codecs' own packages.
install(EXPORT beamline_shared NAMESPACE beamline:: DESTINATION ${package_dir}
        FILE beamline-shared.cmake)
install(EXPORT beamline_static NAMESPACE beamline:: DESTINATION ${package_dir}
        FILE beamline-static.cmake)
configure_package_config_file(cmake/beamline-config.cmake.in
    ${PROJECT_BINARY_DIR}/beamline-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/beamline-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/beamline-config.cmake
              ${PROJECT_BINARY_DIR}/beamline-config-version.cmake cmake/dependencies.cmake
        DESTINATION ${package_dir})

list(JOIN BL_LIBRARY_MODULES ", " BL_PC_REQUIRES_PRIVATE)
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_LIBDIR BASE_DIRECTORY "\${prefix}"
           OUTPUT_VARIABLE BL_PC_LIBDIR)
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_INCLUDEDIR BASE_DIRECTORY "\${prefix}"
           OUTPUT_VARIABLE BL_PC_INCLUDEDIR)
# The prefix as seen from beamline.pc itself, so that an installed tree may be moved.
file(RELATIVE_PATH BL_PC_UP ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/beamline.pc.in ${PROJECT_BINARY_DIR}/beamline.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/beamline.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The command, and what it writes about itself: manual pages and completions.
if(TARGET beamline)
    install(TARGETS beamline)
    set(pages ${PROJECT_BINARY_DIR}/pages)
    file(MAKE_DIRECTORY ${pages}/man)
    add_custom_command(OUTPUT ${pages}/man/beamline.1
        COMMAND beamline help --man ${pages}/man
        COMMAND beamline completion bash > ${pages}/beamline
        COMMAND beamline completion zsh > ${pages}/_beamline
        COMMAND beamline completion fish > ${pages}/beamline.fish
        DEPENDS beamline VERBATIM)
    add_custom_target(beamline_pages ALL DEPENDS ${pages}/man/beamline.1)
    install(DIRECTORY ${pages}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(FILES ${pages}/beamline DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    install(FILES ${pages}/_beamline DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
    install(FILES ${pages}/beamline.fish
            DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
