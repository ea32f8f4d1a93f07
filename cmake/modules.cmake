# Modules: shared objects that are opened when they are needed first (src/base/module.h). Library and
# module must have compiled the same headers: both carry a hash of them.
file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/beamline/*.h
     base/*.h io/*/*.h column/*.h formats/*/*.h)
set(hashes ${PROJECT_VERSION} ${CMAKE_C_COMPILER_ID} ${BL_SANITIZE})
foreach(header IN LISTS headers)
    file(SHA256 ${header} hash)
    string(APPEND hashes " ${hash}")
endforeach()
string(SHA256 BL_MODULE_BUILD "${hashes}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${headers})

# Programs of the build tree find modules as installed ones do, in ../lib/beamline.
set(BL_MODULE_FOLDER ${CMAKE_INSTALL_LIBDIR}/beamline)
set_source_files_properties(base/module.c PROPERTIES COMPILE_DEFINITIONS
    "BL_MODULE_BUILD=\"${BL_MODULE_BUILD}\";BL_MODULE_FOLDER=\"${BL_MODULE_FOLDER}\";BL_MODULE_INSTALLED=\"${CMAKE_INSTALL_FULL_LIBDIR}/beamline\"")

# make_module(NAME FOLDER TARGET…): beamline_NAME.so of the sources in FOLDER, with these libraries. It
# takes what it needs of the static library along, and shows its entry alone.
function(make_module name folder)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.c)
    add_library(beamline_${name} MODULE ${sources})
    set_target_properties(beamline_${name} PROPERTIES PREFIX ""
        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${BL_MODULE_FOLDER}
        LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/module.map)
    target_compile_definitions(beamline_${name} PRIVATE BL_MODULE_BUILD="${BL_MODULE_BUILD}")
    target_link_libraries(beamline_${name} PRIVATE beamline_static beamline_inside
                          ${BL_LIBRARY_TARGETS} Threads::Threads m ${ARGN})
    target_link_options(beamline_${name} PRIVATE
        "LINKER:--version-script=${CMAKE_CURRENT_SOURCE_DIR}/module.map" LINKER:--gc-sections)
    if(NOT BL_SANITIZE AND NOT BL_FUZZ)
        target_link_options(beamline_${name} PRIVATE LINKER:--no-undefined)
    endif()
    install(TARGETS beamline_${name} LIBRARY DESTINATION ${BL_MODULE_FOLDER})
endfunction()
