# What libbeamline links. The installed package includes this file too, for those who link the
# static library; BL_DEPENDENCIES_OPTIONAL makes a missing one an answer instead of an error.
set(BL_LIBRARY_MODULES libdeflate liblzma liblz4 libzstd snappy libbrotlidec
    libbrotlienc zlib libxxhash jansson yaml-0.1
    libpcre2-8)
set(BL_LIBRARY_TARGETS)
set(BL_DEPENDENCIES_FOUND TRUE)
if(BL_DEPENDENCIES_OPTIONAL)
    find_package(PkgConfig QUIET)
    set(BL_FIND_MODE QUIET)
else()
    find_package(PkgConfig REQUIRED)
    set(BL_FIND_MODE REQUIRED)
endif()
foreach(module IN LISTS BL_LIBRARY_MODULES)
    if(PkgConfig_FOUND)
        pkg_check_modules(BL_${module} ${BL_FIND_MODE} IMPORTED_TARGET ${module})
    endif()
    if(NOT BL_${module}_FOUND)
        set(BL_DEPENDENCIES_FOUND FALSE)
    endif()
    list(APPEND BL_LIBRARY_TARGETS PkgConfig::BL_${module})
endforeach()
find_package(BZip2 ${BL_FIND_MODE}) # it has no .pc file
if(NOT BZIP2_FOUND)
    set(BL_DEPENDENCIES_FOUND FALSE)
endif()
list(APPEND BL_LIBRARY_TARGETS BZip2::BZip2)
